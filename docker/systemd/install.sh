#!/bin/sh
# From the unpacked archive: sh systemd/install.sh, as root. Run again with a newer archive it upgrades; settings and data are left alone.
# ROOT=FOLDER installs below a folder, without user and service: for packages and for tests.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
root=${ROOT:-}
new="$root/opt/enlace.new"
if [ -z "$root" ]; then
  command -v node >/dev/null || { echo "Falta Node.js 22.18 o más nuevo en /usr/bin/node. / Node.js 22.18 or newer is missing." >&2; exit 1; }
  id enlace >/dev/null 2>&1 || useradd --system --home-dir /var/lib/enlace --shell /usr/sbin/nologin enlace
fi
mkdir -p "$root/opt" "$root/usr/local/bin" "$root/etc/systemd/system"
rm -rf "$new"
cp -a "$here" "$new"
# The one before stays for the way back, until the next upgrade.
if [ -d "$root/opt/enlace" ]; then rm -rf "$root/opt/enlace.before"; mv "$root/opt/enlace" "$root/opt/enlace.before"; fi
mv "$new" "$root/opt/enlace"
install -d -m 0700 "$root/etc/enlace"
install -d -m 0700 "$root/var/lib/enlace"
install -m 0755 "$root/opt/enlace/systemd/enlace" "$root/usr/local/bin/enlace"
for unit in enlace.service enlace-verify.service enlace-verify.timer; do
  install -m 0644 "$root/opt/enlace/systemd/$unit" "$root/etc/systemd/system/$unit"
done
if [ -z "$root" ]; then
  chown enlace:enlace /etc/enlace
  chown enlace:enlace /var/lib/enlace
  systemctl daemon-reload
  if systemctl is-active --quiet enlace; then
    sudo -u enlace /usr/bin/node /opt/enlace/apps/homeserver/src/enlace.ts --config /etc/enlace/node.yaml config check
    systemctl restart enlace
  else
    echo "enlace setup; systemctl enable --now enlace"
  fi
fi
