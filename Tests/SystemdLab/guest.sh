#!/bin/bash
# Run a script as root under a real systemd on a kernel of its own with control groups of version 2, whatever the machine's are: user-mode
# Linux, which is a program (Debian's user-mode-linux), needs no virtualisation, and boots in a few seconds.
#   guest.sh FOLDER     runs FOLDER/script, with FOLDER as /exchange; what FOLDER/root has lies over the machine's own root file system
# What it prints is FOLDER/output, its exit status FOLDER/status. Nothing but FOLDER is changed. MEMORY=2G: what the guest may have.
set -euo pipefail
folder=$(realpath "$1")
mkdir -p "$folder/root"
cat > "$folder/init" <<INIT
#!/bin/bash
# The guest's first process; / is the machine's own, read-only.
set -e
PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
insmod /usr/lib/uml/modules/\$(uname -r)/kernel/fs/overlayfs/overlay.ko
mount -t tmpfs -o size=3g,mode=755 upper /mnt
mkdir /mnt/upper /mnt/work /mnt/root /mnt/exchange
mount -t hostfs -o "$folder" exchange /mnt/exchange
mount -t overlay -o "lowerdir=/mnt/exchange/root:/,upperdir=/mnt/upper,workdir=/mnt/work" root /mnt/root
cd /mnt/root
mkdir -p exchange
mount --bind /mnt/exchange exchange
mount -t tmpfs -o mode=1777 tmp tmp
mount -t tmpfs run run
: > etc/machine-id
rm -f etc/fstab
cat > etc/systemd/system/exchange.service <<'UNIT'
[Unit]
DefaultDependencies=no
Wants=systemd-journald.service
After=systemd-journald.service
[Service]
Type=oneshot
ExecStart=/bin/bash -c '/exchange/script > /exchange/output 2>&1; echo \$? > /exchange/status'
ExecStopPost=/sbin/poweroff -f
UNIT
umount /proc
exec chroot . /lib/systemd/systemd --show-status=no --log-target=journal --unit=exchange.service < /dev/console > /dev/console 2>&1
INIT
chmod +x "$folder/init"
exec linux.uml "mem=${MEMORY:-2G}" root=/dev/root rootfstype=hostfs rootflags=/ "init=$folder/init" quiet con=null con0=fd:0,fd:1 \
    < /dev/null > "$folder/console" 2>&1
