#!/bin/busybox sh
# The first program in the machine: mounts the host's root file system under a layer in memory, and goes on in it.
/bin/busybox --install -s /bin
export PATH=/bin
mkdir -p /proc /sys /dev /host /layer /root
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev

while read -r module; do
  insmod "/modules/$module" || echo "insmod $module failed"
done < /modules/list

mount -t virtiofs -o ro root /host || poweroff -f
mount -t tmpfs -o size=75% layer /layer
mkdir /layer/upper /layer/work
mount -t overlay -o lowerdir=/host,upperdir=/layer/upper,workdir=/layer/work overlay /root || poweroff -f

umount /proc /sys /dev
cd /root
mkdir -p proc sys dev run
mount -t proc proc proc
mount -t sysfs sys sys
mount -t devtmpfs dev dev
mkdir -p dev/pts dev/shm
mount -t devpts devpts dev/pts
mount -t tmpfs shm dev/shm
mount -t tmpfs run run
mount -t tracefs tracefs sys/kernel/tracing
mount -t debugfs debugfs sys/kernel/debug
mount -t securityfs securityfs sys/kernel/security
mount -t bpf bpf sys/fs/bpf
mount -t cgroup2 cgroup2 sys/fs/cgroup

# Where modules and the configuration are looked for
release=$(uname -r)
kernel=/root$(cat /vm/kernel)
mkdir -p "lib/modules/$release" boot
mount --bind "$kernel/lib/modules/$release" "lib/modules/$release"
cp "$kernel/boot/config-$release" boot

cp -r /vm run/vm
cp /bin/busybox run/vm
# As PID 1, whose root is the one in which the kernel starts modprobe
exec chroot /root /run/vm/busybox sh /run/vm/run.sh
