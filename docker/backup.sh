#!/usr/bin/env bash
# A dump each night at 02:00 UTC, with the node's keys and media, encrypted to the recipients in BACKUP_RECIPIENTS before
# anything is on disk. `backup.sh now` makes one at once. Restore: restore.sh, and README.md beside this file.
set -euo pipefail
umask 077

folder=${BACKUP_DIR:-/backups}
node=${NODE_DIR:-/node}
recipients=${BACKUP_RECIPIENTS:-}

refuse() {
  echo "No backup is made: $1" >&2
  exit 1
}

command -v age > /dev/null || refuse 'the program "age" is missing, and a backup holds the keys of the node.'
[ -n "${recipients//[[:space:]]/}" ] \
  || refuse 'BACKUP_RECIPIENTS names nobody who could read it. README.md says how to make a key ("age-keygen").'
to=()
for one in $recipients; do to+=(-r "$one"); done
age "${to[@]}" < /dev/null > /dev/null || refuse 'BACKUP_RECIPIENTS has something that is no public key of age.'

backup() {
  local stamp new
  stamp=$(date -u +%Y-%m-%dT%H%M%SZ)
  new=$folder/.new-$stamp
  rm -rf "$folder"/.new-*
  mkdir -p "$new"
  # The password is in a file that only this shell has, not among the arguments that everybody on the machine sees.
  if mongodump --quiet --gzip --archive --config=<(printf 'uri: "%s"\n' "$MONGO_URI") \
      | age "${to[@]}" -o "$new/enlace.archive.gz.age" \
    && tar -cz --exclude ./run -C "$node" . | age "${to[@]}" -o "$new/node.tar.gz.age"
  then
    chmod 0600 "$new"/*
    mv "$new" "$folder/$stamp"
    echo "backup $stamp done"
    find "$folder" -mindepth 1 -maxdepth 1 -type d -mtime "+${KEEP_DAYS:-14}" -exec rm -rf {} +
  else
    echo "backup $stamp FAILED" >&2
    rm -rf "$new"
    return 1
  fi
}

MONGO_URI=${MONGO_URI:-"mongodb://enlace:${MONGO_ENLACE_PASSWORD:-}@mongo1,mongo2,mongo3/enlace?replicaSet=enlace&readPreference=secondaryPreferred"}

if [ "${1:-}" = now ]; then
  backup
  exit
fi
while true; do
  sleep $(( ($(date -u -d 'tomorrow 02:00' +%s) - $(date -u +%s)) % 86400 + 1 ))
  backup || true
done
