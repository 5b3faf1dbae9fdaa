# Run inside of the machine: the same happenings are watched by each means at once, and what each has
# then in its model is printed after each, as "== STEP MEANS" and the lines of model-dump.
# SPDX-License-Identifier: ISC
cd /run
for by in fexit iter proc; do
	mkfifo in.$by
	model-dump --census=$by --all-nsids <in.$by >out.$by 2>err.$by &
	echo $! >pid.$by
done
exec 4>in.fexit 5>in.iter 6>in.proc

# ask STEP: what each has once it is quiet.
ask()
{
	echo dump >&4; echo dump >&5; echo dump >&6
	for by in fexit iter proc; do
		for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
			grep -q '"what": "stats"' out.$by && break
			sleep 0.1
		done
		echo "== $1 $by"
		cat out.$by
		: >out.$by
	done
}

# hold NAME SECONDS...: a workload, made by clone or unshare as in life.
sleep 1
ask start

unshare -n -u sh -c 'hostname www; exec sleep 600' & www=$!
unshare -n -u sh -c 'echo db >/proc/sys/kernel/hostname; exec sleep 600' & db=$!
unshare -u sh -c 'hostname box; exec sleep 600' & box=$!
unshare -n sleep 600 & bare=$!
sleep 1
ask made

nsenter -t $www -u hostname web
nsenter -t $db -n unshare -u sh -c 'hostname second; exec sleep 600' & second=$!
nsenter -t $www -u -n sleep 600 & inside=$!
nsenter -t $db -n nsenter -t $www -u sh -c 'hostname web; exec sleep 600' & mixed=$!
unshare -U -r -n -u sh -c 'hostname router; exec sleep 600' & rootless=$!
sleep 1
ask changed

kill $www $second
sleep 1
ask half
kill $inside $mixed
sleep 1
ask gone

i=0
while [ $i -lt 60 ]; do
	unshare -n -u sh -c "hostname s$i"
	i=$((i + 1))
done
sleep 2
ask storm

# Nobody reads the news while more happens than the buffer holds, then a workload comes and one goes.
echo stall >&4
unshare -n -u sh -c 'i=0; while [ $i -lt 6000 ]; do
	echo n$i >/proc/sys/kernel/hostname; i=$((i + 1)); done; hostname final; exec sleep 600' & final=$!
sleep 1
kill $db
i=0
while [ "$(nsenter -t $final -u hostname)" != final ] && [ $i -lt 40 ]; do
	sleep 0.5
	i=$((i + 1))
done
sleep 1
echo go >&4
sleep 1
ask lost

for by in fexit iter proc; do
	echo "== descriptors $by"
	ls /proc/$(cat pid.$by)/fd | wc -l
	cat err.$by
done
exec 4>&- 5>&- 6>&-
kill $box $bare $rootless $final
exit 0
