#!/bin/bash
# A real Slurm cluster on one machine for tests: munged, slurmctld and N slurmd, each node in namespaces of its own. Root; no systemd, no cgroup of the machine touched.
#
#   slurm-lab.sh DIR up N [net] [db] [cgroup]   net: every host has a network namespace and an address (10.78.0.x), links can be cut
#                                               db: mariadb + slurmdbd (sacct)     cgroup: memory limits that are enforced (cgroup v1)
#   slurm-lab.sh DIR run COMMAND…               a command on the controller's host, with SLURM_CONF set
#   slurm-lab.sh DIR on nX COMMAND…             a command on a node, in its namespaces
#   slurm-lab.sh DIR kill|start|freeze|thaw nX  a power cut, and back; an unreachable node that lives on
#   slurm-lab.sh DIR cut|mend nX                the node's link (net)
#   slurm-lab.sh DIR controller stop|kill|start
#   slurm-lab.sh DIR down
#   slurm-lab.sh DIR controller forget          comes back without a memory of jobs
set -euo pipefail
S=$(realpath -m "$1"); shift; V=${1:-up}; shift || true
PORT=${SLURM_LAB_PORT:-17000}; NET=10.78.0; P=ft$(printf %s "$S" | md5sum | head -c4); export SLURM_CONF=$S/slurm.conf
conf() { grep -q "^$1\$" "$S/mode" 2>/dev/null; }
ns() { conf net && echo "nsenter --net=/run/netns/$P-$1" || true; }
alive() { case "$(ps -o stat= -p "$1" 2>/dev/null)" in ""|Z*) return 1;; esac; }   # PID 1 of a sandbox may reap late
end() { local p; p=$(cat "$1" 2>/dev/null) || return 0; kill -"${2:-TERM}" "$p" 2>/dev/null || return 0; for _ in $(seq 100); do alive "$p" || return 0; sleep .05; done; kill -9 "$p" 2>/dev/null || true; }
end_all() { local c p; [ -s "$1" ] || return 0; c=$(ps -o pid= --ppid "$(cat "$1")" || true); end "$1" KILL; for p in $c; do for _ in $(seq 100); do alive "$p" || break; sleep .05; done; done; }   # what it started writes until it is gone
on_ctl() { $(ns ctl) timeout "${LIMIT:-10}" "$@"; }
CG="memory freezer cpuset cpuacct cpu devices"; cgroup_of() { awk -F: -v c="$1" '$2==c{print $3}' /proc/self/cgroup; }

node_start() { # slurmd in its own PID, mount and UTS namespace: killing it is a power cut, its jobs die too
    local n=$1 cg=(); conf cgroup && cg=(--cgroup)
    ( if conf cgroup; then for c in $CG; do d=/sys/fs/cgroup/$c$(cgroup_of $c)/ft-lab-$n; mkdir -p "$d"; [ $c != cpuset ] || { cat "$d/../cpuset.cpus" >"$d/cpuset.cpus"; cat "$d/../cpuset.mems" >"$d/cpuset.mems"; }; echo $BASHPID >"$d/cgroup.procs"; done; fi
      exec setsid $(ns "$n") unshare --pid --mount --uts "${cg[@]}" --fork --kill-child --mount-proc bash -c '
        hostname "$1"; if [ "$3" ]; then mount -t tmpfs -o mode=755 cg /sys/fs/cgroup; for c in $4; do mkdir /sys/fs/cgroup/$c; mount -t cgroup -o $c cgroup /sys/fs/cgroup/$c; done; fi
        exec slurmd -D -N "$1" -f "$2/slurm.conf"' _ "$n" "$S" "$(conf cgroup && echo 1 || true)" "$CG" ) >"$S/$n/out" 2>&1 </dev/null & echo $! >"$S/$n/pid"; }
slurmd_of() { ps -o pid= --ppid "$(cat "$S/$1/pid")" | awk 'NR==1{print $1}'; }
controller_start() {
    if conf net; then setsid $(ns ctl) unshare --uts --mount --pid --fork --kill-child --mount-proc bash -c "hostname ctl; exec slurmctld -D -f $S/slurm.conf" >"$S/ctl.out" 2>&1 </dev/null & echo $! >"$S/ctl.pid"
    else setsid slurmctld -D -f "$S/slurm.conf" >"$S/ctl.out" 2>&1 </dev/null & echo $! >"$S/ctl.pid"; fi; }

case $V in
up)
    N=${1:-3}; shift || true; [ ! -s "$S/mode" ] || { echo "already up: $0 $S down" >&2; exit 1; }
    command -v slurmctld >/dev/null && command -v munged >/dev/null || { apt-get update -qq; apt-get install -y -qq --no-install-recommends slurm-wlm munge >/dev/null; }
    mkdir -p "$S"; chmod 755 "$S"; printf '%s\n' "$@" >"$S/mode"
    if conf db && ! { command -v mariadbd >/dev/null && [ -x /usr/sbin/slurmdbd ]; }; then apt-get install -y -qq --no-install-recommends slurmdbd mariadb-server >/dev/null; fi
    rm -rf "$S"/state "$S"/n[0-9]*; mkdir -p "$S"/{state,munge,sock,db}; chmod 700 "$S/munge"; chmod 755 "$S/sock"     # stale node spools give "Job credential revoked"
    [ -s "$S/munge/key" ] || dd if=/dev/urandom of="$S/munge/key" bs=128 count=1 status=none; chmod 400 "$S/munge/key"
    munged --force --key-file="$S/munge/key" --socket="$S/sock/munge.sock" --pid-file="$S/munge/pid" --log-file="$S/munge/log" --seed-file="$S/munge/seed" --num-threads=2
    ctl=$(hostname -s); at=127.0.0.1
    if conf net; then ctl=ctl; at=$NET.100
        ip netns add "$P-sw"; ip -n "$P-sw" link add br0 type bridge; ip -n "$P-sw" link set br0 up
        host() {
            ip netns add "$P-$1"; ip -n "$P-sw" link add "p-$1" type veth peer name eth0 netns "$P-$1"; ip -n "$P-sw" link set "p-$1" master br0 up
            ip -n "$P-$1" link set lo up; ip -n "$P-$1" addr add "$NET.$2/24" dev eth0; ip -n "$P-$1" link set eth0 up
        }
        host ctl 100; for i in $(seq "$N"); do host "n$i" "$i"; done
    fi
    { cat <<C
ClusterName=ft
SlurmctldHost=$ctl($at)
SlurmctldPort=$PORT
SlurmUser=root
AuthType=auth/munge
# cred_expire: a requeued job waits for it (120 s by default)
AuthInfo=socket=$S/sock/munge.sock,cred_expire=5
CredType=cred/munge
StateSaveLocation=$S/state
SlurmctldPidFile=$S/slurmctld.pid
SlurmctldLogFile=$S/slurmctld.log
SlurmdSpoolDir=$S/%n
TmpFS=$S/%n/tmp
SlurmdPidFile=$S/%n/slurmd.pid
SlurmdLogFile=$S/%n/slurmd.log
ProctrackType=$(conf cgroup && echo proctrack/cgroup || echo proctrack/linuxproc)
TaskPlugin=$(conf cgroup && echo task/cgroup || echo task/none)
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
GresTypes=gpu
SlurmctldTimeout=10
SlurmdTimeout=5
MessageTimeout=5
KillWait=${SLURM_LAB_KILLWAIT:-2}
InactiveLimit=0
# A script that is not seen for so long was never started: far more than a busy machine needs, unless starts are lost on purpose
BatchStartTimeout=${SLURM_LAB_BATCHSTART:-60}
MinJobAge=600
ReturnToService=2
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,sched_min_interval=100000,bf_interval=1,batch_sched_delay=1,requeue_setup_env_fail
JobRequeue=1
PreemptType=preempt/partition_prio
PreemptMode=CANCEL
JobCompType=jobcomp/filetxt
JobCompLoc=$S/jobcomp.txt
C
      if conf db; then printf 'AccountingStorageType=accounting_storage/slurmdbd\nAccountingStorageHost=127.0.0.1\nAccountingStoragePort=%d\nAccountingStoragePass=%s/sock/munge.sock\nAccountingStorageTRES=gres/gpu\n' $((PORT+50)) "$S"; else echo "AccountingStorageType=accounting_storage/none"; fi
      for i in $(seq "$N"); do conf net && a="NodeHostname=n$i NodeAddr=$NET.$i Port=$((PORT+1))" || a="NodeHostname=$ctl NodeAddr=127.0.0.1 Port=$((PORT+i))"
        echo "NodeName=n$i $a CPUs=2 Boards=1 SocketsPerBoard=1 CoresPerSocket=2 ThreadsPerCore=1 RealMemory=4000 Gres=gpu:2 State=UNKNOWN"; done
      echo "PartitionName=main Nodes=n[1-$N] Default=YES MaxTime=60 State=UP OverSubscribe=NO PriorityTier=1 PreemptMode=CANCEL"
      echo "PartitionName=urgent Nodes=n[1-$N] MaxTime=60 State=UP OverSubscribe=NO PriorityTier=9 PreemptMode=OFF"
    } >"$S/slurm.conf"
    for g in 0 1; do [ -c "$S/gpu$g" ] || mknod "$S/gpu$g" c 1 3; done; echo "Name=gpu File=$S/gpu[0-1]" >"$S/gres.conf"     # CUDA_VISIBLE_DEVICES is set; nothing opens them
    { echo CgroupPlugin=cgroup/v1; conf cgroup && printf 'ConstrainRAMSpace=yes\nAllowedRAMSpace=100\nConstrainSwapSpace=no\nConstrainCores=no\nConstrainDevices=no\n' || true; } >"$S/cgroup.conf"
    touch "$S/jobcomp.txt"; for i in $(seq "$N"); do mkdir -p "$S/n$i/tmp"; chmod 1777 "$S/n$i/tmp"; done
    if conf db; then
        mkdir -p "$S/db/data"; chown mysql: "$S/db" "$S/db/data"
        [ -d "$S/db/data/mysql" ] || mariadb-install-db --no-defaults --user=mysql --datadir="$S/db/data" --auth-root-authentication-method=normal --skip-test-db >/dev/null 2>&1
        setsid mariadbd --no-defaults --user=mysql --datadir="$S/db/data" --socket="$S/db/m.sock" --pid-file="$S/db/m.pid" --skip-networking --innodb-buffer-pool-size=64M --innodb-log-file-size=16M --innodb-flush-log-at-trx-commit=0 --log-error="$S/db/m.log" >/dev/null 2>&1 </dev/null &
        for _ in $(seq 200); do mariadb-admin --no-defaults -uroot -S "$S/db/m.sock" ping >/dev/null 2>&1 && break; sleep .05; done
        mariadb --no-defaults -uroot -S "$S/db/m.sock" -e 'create database if not exists slurm_acct_db'
        printf 'DbdHost=localhost\nDbdAddr=127.0.0.1\nDbdPort=%d\nAuthType=auth/munge\nAuthInfo=socket=%s/sock/munge.sock\nSlurmUser=root\nStorageType=accounting_storage/mysql\nStorageHost=localhost\nStorageUser=root\nStorageLoc=slurm_acct_db\nLogFile=%s/slurmdbd.log\nPidFile=%s/slurmdbd.pid\n' $((PORT+50)) "$S" "$S" "$S" >"$S/slurmdbd.conf"; chmod 600 "$S/slurmdbd.conf"
        MYSQL_UNIX_PORT=$S/db/m.sock MARIADB_UNIX_PORT=$S/db/m.sock SLURM_CONF=$S/slurmdbd.conf $(ns ctl) slurmdbd     # on the controller's host, whose loopback is its own
        for _ in $(seq 100); do $(ns ctl) bash -c "exec 3<>/dev/tcp/127.0.0.1/$((PORT+50))" 2>/dev/null && break; sleep .1; done
        on_ctl sacctmgr -i -Q add cluster ft >/dev/null 2>&1 || true
    fi
    controller_start; for i in $(seq "$N"); do node_start "n$i"; done
    for _ in $(seq 200); do [ "$(LIMIT=5 on_ctl sinfo -h -N -p main -t idle -o %N 2>/dev/null | wc -l)" = "$N" ] && { on_ctl sinfo -h -o '%P %D %T %N'; exit 0; }; sleep .1; done
    echo "The cluster did not come up:" >&2; tail -n 5 "$S/slurmctld.log" "$S/ctl.out" >&2; exit 1 ;;
run) conf net && exec $(ns ctl) unshare --uts bash -c 'hostname ctl; exec "$@"' _ "$@"; exec "$@" ;;
on) n=$1; shift; exec nsenter -t "$(slurmd_of "$n")" -m -u -p $(conf net && echo "--net=/run/netns/$P-$n") "$@" ;;
kill) end "$S/$1/pid" KILL ;;
start) node_start "$1" ;;
freeze) kill -STOP "$(slurmd_of "$1")" ;;
thaw) kill -CONT "$(slurmd_of "$1")" ;;
cut) ip -n "$P-sw" link set "p-$1" down ;;
mend) ip -n "$P-sw" link set "p-$1" up ;;
controller) case $1 in stop) kill -TERM "$(cat "$S/slurmctld.pid" 2>/dev/null || cat "$S/ctl.pid")" 2>/dev/null || true; end "$S/ctl.pid" ;; kill) end_all "$S/ctl.pid" ;; start) controller_start ;; forget) "$0" "$S" controller kill; rm -rf "$S"/state/*; controller_start ;; esac ;;
down)
    LIMIT=3 on_ctl scancel -u root -Q 2>/dev/null || true; sleep .3
    for f in "$S"/n*/pid; do [ -f "$f" ] && end "$f" KILL || true; done              # unshare --fork ignores SIGTERM
    end "$S/ctl.pid" KILL; [ -f "$S/slurmdbd.pid" ] && end "$S/slurmdbd.pid" || true; [ -f "$S/db/m.pid" ] && end "$S/db/m.pid" || true; end "$S/munge/pid"
    conf net && for n in $(ip netns list | awk '{print $1}' | grep -E "^$P-(sw|ctl|n[0-9]+)\$"); do ip netns del "$n"; done || true
    for c in $CG; do for d in /sys/fs/cgroup/$c$(cgroup_of $c)/ft-lab-*; do [ -d "$d" ] && find "$d" -depth -type d -exec rmdir {} + 2>/dev/null || true; done; done
    rm -f "$S/mode" "$S"/n*/pid "$S/ctl.pid" ;;
*) sed -n '2,14p' "$0"; exit 64 ;;
esac
