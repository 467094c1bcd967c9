build/lab/vmlinux:/bench/vmlinux
