build/lab/vmlinux:/bench/vmlinux
build/guests/linux.cpio.gz:/guests/
