# Outlives its parent and clears up after it, however the parent ended: crash, Ctrl-C or kill -9.
# Argument: FOLDER, which it removes in the end. Input: a pipe from the parent and the programs it starts; lines:
#   watch PID    this process belongs to us
#   forget PID   it has ended
# At the end of input, which is when the parent is gone or has asked for it: kills what is still watched, removes FOLDER.
folder=$1
watched=
while read -r verb pid; do
  case $verb in
  watch) watched="$watched $pid" ;;
  forget)
    rest=
    for other in $watched; do [ "$other" = "$pid" ] || rest="$rest $other"; done
    watched=$rest
    ;;
  esac
done
for pid in $watched; do kill -KILL "$pid" 2>/dev/null; done
# What was just killed may still be writing: removal can take a second try.
for _ in 1 2 3 4 5; do rm -rf "$folder" 2>/dev/null && exit 0; sleep 1; done
