# SPDX-License-Identifier: GPL-2.0-only
# What bench-net and bench-block share in dom0: a bridge, xenstored, and the
# same Linux guest by xl and by chaos. Sourced.

gateway=10.0.0.1
gateway_mac=00:16:3e:00:00:01
stock=10.0.0.2
noxs=10.0.0.3
daytime=10.0.0.4
memory=192

# The one bridge, with addresses that nobody has to ask for: a question that is
# lost costs a second.
start_bridge()
{
    brctl addbr xenbr0
    echo 1 >/proc/sys/net/ipv6/conf/xenbr0/disable_ipv6
    ip link set xenbr0 address $gateway_mac
    ip addr add $gateway/24 dev xenbr0
    ip link set xenbr0 up
    for n in 2 3 4; do
        arp -i xenbr0 -s 10.0.0.$n 00:16:3e:00:00:0$n
    done
}

load_back_ends()
{
    # As Debian boots: what a bridge says of its ports goes to the log alone.
    dmesg -n 4
    modprobe -a bridge xen-netback xen-blkback
    insmod /lib/noxs/noxs_back.ko
}

# peer_line ADDRESS DISK MODULES: the guest's command line
peer_line()
{
    echo "console=hvc0 quiet rdinit=/bench/init peer_address=$1" \
        "peer_gateway=$gateway peer_mac=$gateway_mac" \
        "peer_disk=$2 peer_modules=$3"
}

# stock_guest [DISK]
stock_guest()
{
    disk='' modules=xen-netfront
    if [ -n "${1:-}" ]; then
        disk="disk = [\"phy:$1,xvda,w\"]" modules=xen-netfront,xen-blkfront
    fi
    cat >/tmp/stock.xl <<END
name = "stock"
type = "pv"
kernel = "/bench/vmlinux"
ramdisk = "/bench/peer.cpio"
memory = $memory
vcpus = 1
extra = "$(peer_line $stock "${disk:+yes}" $modules)"
vif = ["mac=00:16:3e:00:00:02,bridge=xenbr0"]
$disk
END
    xl create -q /tmp/stock.xl >&2
}

# noxs_guest [DISK]
noxs_guest()
{
    disk=''
    if [ -n "${1:-}" ]; then
        disk="{\"target\": \"$1\", \"vdev\": \"xvda\", \"access\": \"w\"}"
    fi
    cat >/tmp/noxs.json <<END
{"name": "noxs", "kernel": "/bench/vmlinux", "ramdisk": "/bench/peer.cpio",
 "memory": $memory, "vcpus": 1,
 "cmdline": "$(peer_line $noxs "${disk:+yes}" noxs_front)",
 "vifs": [{"mac": "00:16:3e:00:00:03", "bridge": "xenbr0"}],
 "vbds": [$disk]}
END
    chaos create -q /tmp/noxs.json >&2
}
