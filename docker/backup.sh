#!/usr/bin/env bash
# A dump each night at 02:00 UTC, with the node's keys and media. Restore: see README.md beside this file.
set -euo pipefail
umask 077

while true; do
  sleep $(( ($(date -u -d 'tomorrow 02:00' +%s) - $(date -u +%s)) % 86400 + 1 ))
  stamp=$(date -u +%Y-%m-%dT%H%MZ)
  folder=/backups/.new-$stamp
  mkdir -p "$folder"
  if mongodump --quiet --gzip --archive="$folder/enlace.archive.gz" \
      --uri="mongodb://enlace:${MONGO_ENLACE_PASSWORD}@mongo1,mongo2,mongo3/enlace?replicaSet=enlace&readPreference=secondaryPreferred" \
    && tar -czf "$folder/node.tar.gz" --exclude ./run -C /node .
  then
    mv "$folder" "/backups/$stamp"
    echo "backup $stamp done"
    find /backups -mindepth 1 -maxdepth 1 -type d -mtime "+${KEEP_DAYS:-14}" -exec rm -rf {} +
  else
    echo "backup $stamp FAILED" >&2
    rm -rf "$folder"
  fi
done
