#!/bin/sh
# Gets backups and WAL out of a walmgr repository with plain tools, without walmgr: sh, openssl, tar, gzip, and lz4 or zstd
# where the repository uses them. The format is described in docs/explain/repository-format.md.
#
#   walmgr-rescue.sh list REPOSITORY
#   walmgr-rescue.sh cat FILE [KEYFILE]                       plain bytes of one object to standard output
#   walmgr-rescue.sh backup REPOSITORY SET DIRECTORY [KEYFILE]   unpacks a full backup
#   walmgr-rescue.sh wal REPOSITORY NAME DESTINATION [KEYFILE]   for restore_command: … wal REPOSITORY %f "%p" [KEYFILE]
#
# KEYFILE: the main key, 64 hexadecimal digits. A wrong one is refused; the bytes are not checked: compare the
# files with pg_verifybackup.
set -eu

fail() { echo "walmgr-rescue: $1" >&2; exit "${2:-200}"; }

# hex FILE OFFSET LENGTH
hex() { tail -c "+$(($2 + 1))" "$1" | head -c "$3" | od -An -v -tx1 | tr -d ' \n'; }

# AES-256-GCM is counter mode with a check; its counter begins at nonce 00000002.
ctr() { openssl enc -d -aes-256-ctr -K "$1" -iv "${2}00000002" -nopad; }

# bytes HEX
bytes() {
  digits=$1
  while [ -n "$digits" ]; do
    rest=${digits#??}
    printf "\\$(printf '%03o' "0x${digits%"$rest"}")"
    digits=$rest
  done
}

# Before the pipes, in which a failure would be lost. check_key FILE KEYFILE
check_key() {
  [ -n "$2" ] || fail "$1 is encrypted: give the key file"
  [ "$(head -c 7 "$1")" = SKYENC1 ] || fail "$1 does not begin as an encrypted object"
  main=$(tr -d ' \n' <"$2")
  case $main in *[!0-9a-fA-F]*) main= ;; esac
  [ "${#main}" = 64 ] || fail "$2 does not hold 64 hexadecimal digits"
  id=$({ printf 'skytools main key\000'; bytes "$main"; } | openssl dgst -sha256 -r | head -c 16)
  [ "$id" = "$(hex "$1" 12 8)" ] || fail "$1 was encrypted with another key than that of $2"
}

# decrypt FILE KEYFILE
decrypt() {
  main=$(tr -d ' \n' <"$2")
  part=$((0x$(hex "$1" 8 4)))
  key=$(tail -c +33 "$1" | head -c 32 | ctr "$main" "$(hex "$1" 20 12)" | od -An -v -tx1 | tr -d ' \n')
  prefix=$(hex "$1" 80 7)
  size=$(($(wc -c <"$1") - 128))
  number=0
  while [ "$size" -gt 0 ]; do
    length=$part
    last=00
    if [ "$size" -le $((part + 16)) ]; then length=$((size - 16)); last=01; fi
    nonce=$prefix$(printf '%08x' "$number")$last
    tail -c "+$((129 + number * (part + 16)))" "$1" | head -c "$length" | ctr "$key" "$nonce"
    size=$((size - length - 16))
    number=$((number + 1))
  done
}

# expand NAME: by the last suffix
expand() {
  case $1 in
    *.gz) gzip -dc ;;
    *.lz4) lz4 -dc ;;
    *.zst) zstd -dc ;;
    *) cat ;;
  esac
}

plain() {
  case $1 in
    *.enc) check_key "$1" "${2:-}"; decrypt "$1" "$2" | expand "${1%.enc}" ;;
    *) expand "$1" <"$1" ;;
  esac
}

# Where a chunk lies. chunk REPOSITORY NAME
chunk() { echo "$1/chunk/${2%"${2#??}"}/$2"; }

# The parts of .rescue-list, one after the other. Tar would not notice when some are missing at the end: behind the last one
# comes the file .rescue-whole. join REPOSITORY DIRECTORY KEYFILE
join() {
  while read -r name length; do
    if [ "$name" = = ]; then printf '%s' "$length" | openssl base64 -d -A; continue; fi
    plain "$(chunk "$1" "$name")" "$3" >"$2/.rescue-chunk"
    [ "$(wc -c <"$2/.rescue-chunk")" -eq "$length" ] || fail "$(chunk "$1" "$name") is damaged"
    cat "$2/.rescue-chunk"
  done <"$2/.rescue-list"
  touch "$2/.rescue-whole"
}

# members LIST DIRECTORY: of an archive whose files lie in the backup's folder as they are. Empty directories, modes and files
# whose names a store does not take are in the list alone.
members() {
  owner=$(basename "$1" .members)
  stored=$(dirname "$1")
  files=$stored/data
  [ "$owner" = base ] || files=$stored/data/pg_tblspc/$owner
  if [ -d "$files" ]; then
    find "$files" -mindepth 1 -maxdepth 1 ! -name pg_tblspc -exec sh -c 'cp -Rp "$@" "$0"' "$2" {} +
  fi
  ! grep -q '"name":"[^"]*\\' "$1" || echo "walmgr-rescue: names with \\ in $1 are left out" >&2
  sed -n 's/^{"kind":"directory","name":"\([^"\]*\)".*/\1/p' "$1" | while read -r name; do mkdir -p "$2/$name"; done
  sed -n 's/^{"kind":"file","name":"\([^"\]*\)".*"object":"\([^"]*\)"}$/\2 \1/p' "$1" |
    while read -r object name; do cp "$stored/$object" "$2/$name"; done
  sed -n 's/^{"kind":"[fd][a-z]*","name":"\([^"\]*\)","mode":"\([0-7]*\)".*/\2 \1/p' "$1" |
    while read -r mode name; do
      case $mode in 600 | 700) ;; *) chmod "$mode" "$2/$name" || fail "$2/$name is not there" ;; esac
    done
}

# unpack REPOSITORY FOLDER NAME DIRECTORY KEYFILE
unpack() {
  for archive in "$2/$3".tar*; do
    [ ! -f "$archive" ] || plain "$archive" "$5" | tar xf - -C "$4"
  done
  [ ! -f "$2/$3.members" ] || members "$2/$3.members" "$4"
  for archive in "$2/$3".chunks*; do
    [ -f "$archive" ] || continue
    plain "$archive" "$5" >"$4/.rescue-list"
    while read -r name length; do
      [ "$name" = = ] || [ -f "$(chunk "$1" "$name")" ] || fail "$(chunk "$1" "$name") is missing"
    done <"$4/.rescue-list"
    join "$1" "$4" "$5" | tar xf - -C "$4"
    [ -f "$4/.rescue-whole" ] || fail "$archive could not be put together"
    rm -f "$4/.rescue-whole" "$4/.rescue-list" "$4/.rescue-chunk"
  done
}

list() {
  for description in "$1"/backup/*/backup.json; do
    [ -f "$description" ] || continue
    set=$(basename "$(dirname "$description")")
    state=$(sed -n 's/^  "state": "\(.*\)",$/\1/p' "$description")
    parent=$(sed -n 's/^  "parent": \(.*\),$/\1/p' "$description")
    echo "$set $state parent=$parent"
  done
}

backup() {
  folder=$1/backup/$2
  grep -q '^  "state": "done"' "$folder/backup.json" || fail "$2 is not a finished backup"
  grep -q '^  "parent": null' "$folder/backup.json" ||
    fail "$2 is incremental: unpack each of its chain by itself and use pg_combinebackup"
  mkdir -p "$3"
  chmod 700 "$3"
  unpack "$1" "$folder" base "$3" "${4:-}"
  for archive in "$folder"/[0-9]*; do
    [ -f "$archive" ] || continue
    oid=$(basename "$archive" | sed 's/\..*//')
    place=$(sed -n "s/^$oid //p" "$3/tablespace_map")
    mkdir -p "$place"
    unpack "$1" "$folder" "$oid" "$place" "${4:-}"
  done
  for manifest in "$folder"/backup_manifest*; do plain "$manifest" "${4:-}" >"$3/backup_manifest"; done
  [ -f "$3/backup_label" ] || fail "$2 is not whole: there is no backup_label"
  rm -f "$3/standby.signal" "$3/recovery.signal"
  touch "$3/recovery.signal"
  echo "unpacked to $3; set restore_command in postgresql.auto.conf, give the files to the server's user, start it" >&2
}

# Status 1 only when the file is surely not there: recovery takes that for the end of the WAL.
wal() {
  [ -f "$1/repo.json" ] || fail "$1 is not a repository, or cannot be read"
  case $2 in
    *.history) found=$(ls "$1/wal/history/$2"* 2>/dev/null | grep -v '\.json$' || true) ;;
    *) found=$(ls "$1"/wal/*/*/"$2"* 2>/dev/null | grep -v '\.json$' | grep -v '\.partial$' || true) ;;
  esac
  [ -n "$found" ] || exit 1
  plain "$(echo "$found" | head -n 1)" "${4:-}" >"$3.rescue" || fail "$2 could not be read"
  mv "$3.rescue" "$3" || fail "$2 could not be written"
}

case ${1:-} in
  list) list "$2" ;;
  cat) plain "$2" "${3:-}" ;;
  backup) backup "$2" "$3" "$4" "${5:-}" ;;
  wal) wal "$2" "$3" "$4" "${5:-}" ;;
  *) sed -n '2,11s/^# \{0,1\}//p' "$0" >&2; exit 200 ;;
esac
