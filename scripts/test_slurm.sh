#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A sweep of 24 points through Slurm on this machine alone: the controller and one job are killed in
# the middle, and the table is that of a local sweep. Needs root: installs slurm-wlm and munge, and
# starts their daemons on the loopback address with files in a temporary folder.
#   scripts/test_slurm.sh          builds first; PRESET chooses the build, TESSERA_BUILD names one
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "$(id -u)" != 0 ]; then
  echo "test_slurm.sh: needs root, to install slurm-wlm and munge and to start their daemons" >&2
  exit 2
fi
for program in slurmctld slurmd munged snakemake; do
  if ! command -v "$program" >/dev/null; then
    apt-get update -q
    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
      slurm-wlm munge snakemake
    break
  fi
done
[ -n "${TESSERA_BUILD:-}" ] || scripts/build.sh "${PRESET:-release}" tessera guest >&2
dir=$(mktemp -d)
daemons=()
show_state() {
  timeout 20 scontrol show node >&2 || true
  timeout 20 squeue -o "%i %T %r %M" >&2 || true
}
stop() {
  local code=$?
  if [ "$code" != 0 ]; then
    show_state
    echo "test_slurm.sh: FAIL; what daemons and jobs said last:" >&2
    tail -n 5 "$dir"/*.log "$dir"/slurm/engine/*.log >&2 || true
  fi
  for pid in "${daemons[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait || true
  rm -rf "$dir"
}
trap stop EXIT
wait_for() {  # DESCRIPTION COMMAND...: at most 60 s
  local what=$1
  shift
  for _ in $(seq 120); do
    if "$@" >/dev/null 2>&1; then return; fi
    sleep 0.5
  done
  echo "test_slurm.sh: no $what after 60 s" >&2
  exit 1
}
# Ports of its own, so that the commands of a second test, or of one after a killed test, do not reach
# the other's daemons. Outside of the range that the kernel gives to connections: the controller has to
# get its port again after it was killed.
read -r controller_port node_port < <(/usr/bin/python3 -c '
import random, socket
ports = set()
while len(ports) < 2:
    try:
        port = random.randrange(20000, 32000)
        socket.create_server(("127.0.0.1", port)).close()
        ports.add(port)
    except OSError:
        pass
print(*ports)')

mkdir "$dir/state" "$dir/spool"
chmod 755 "$dir"
dd if=/dev/urandom of="$dir/munge.key" bs=1024 count=1 status=none
chmod 600 "$dir/munge.key"
munged --force --foreground --key-file "$dir/munge.key" --socket "$dir/munge.socket" \
  --pid-file "$dir/munge.pid" --log-file "$dir/munge.log" --seed-file "$dir/munge.seed" >"$dir/munged.log" 2>&1 &
daemons+=($!)
wait_for "answer of munged" munge --socket "$dir/munge.socket" --no-input
cores=$(nproc)
cat >"$dir/slurm.conf" <<END
ClusterName=tessera
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmctldPort=$controller_port
SlurmdPort=$node_port
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$dir/munge.socket
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
ReturnToService=2
SlurmdTimeout=30
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
NodeName=here NodeAddr=127.0.0.1 NodeHostname=$(hostname -s) CPUs=$cores RealMemory=65536
PartitionName=all Nodes=here Default=YES MaxTime=INFINITE State=UP
END
export SLURM_CONF=$dir/slurm.conf
start_controller() {
  slurmctld -D >>"$dir/slurmctld.log" 2>&1 &
  controller=$!
  daemons+=("$controller")
  wait_for "controller" sh -c 'scontrol ping | grep -q "is UP"'
}
start_controller
slurmd -D -N here >"$dir/slurmd.log" 2>&1 &
daemons+=($!)
wait_for "idle node" sh -c 'sinfo -h -o %T | grep -q idle'

sweep=configs/sweeps/slurm_test.yaml
limit=300  # seconds of the disturbed sweep
scripts/sweep run "$sweep" -o "$dir/local"
points=$(tail -n +2 "$dir/local/sweep.csv" | wc -l)
timeout "$limit" scripts/sweep run "$sweep" -o "$dir/slurm" --slurm -j "$cores" &
client=$!
wait_for "first result" sh -c "ls $dir/slurm/points/*/*/run.json"
kill_job() {  # the job may end between the two commands
  victim=$(squeue -h -t running -o %A | head -n 1)
  [ -n "$victim" ] && scancel --signal=KILL --full "$victim"
}
wait_for "running job" kill_job
kill -KILL "$controller"
echo "test_slurm.sh: killed job $victim and the controller"
sleep 5
start_controller
# A controller that was killed before it saved that a job runs starts this job again, and drains the node
# when it hears that it runs there already ("Duplicate jobid"); then an operator has to resume it.
while kill -0 "$client" 2>/dev/null; do
  if sinfo -h -o %T | grep -q drain; then
    echo "test_slurm.sh: the new controller has drained the node; resuming it"
    scontrol update NodeName=here State=RESUME || true
  fi
  sleep 2
done
if ! wait "$client"; then
  echo "test_slurm.sh: the sweep is not complete, as after a kill it may be; starting it again"
  show_state
  timeout "$limit" scripts/sweep run "$sweep" -o "$dir/slurm" --slurm -j "$cores"
fi
cmp "$dir/local/sweep.csv" "$dir/slurm/sweep.csv"
echo "test_slurm.sh: PASS $points points, the same table as local"
