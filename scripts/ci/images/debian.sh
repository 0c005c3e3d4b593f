# debian:bookworm-slim by debootstrap, with this machine's apt sources and CA certificates.
build_debian() {
  local root=$work/debian mirror
  command -v debootstrap >/dev/null || install debootstrap
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Codename: bookworm' 2>/dev/null | head -n 1 || true)
  step 'debian:bookworm-slim: debootstrap (half a minute)' \
    debootstrap --variant=minbase --include=ca-certificates bookworm "$root" ${mirror:+"$mirror"}
  cp -r /etc/apt/sources.list.d /etc/apt/apt.conf.d /etc/apt/auth.conf.d "$root/etc/apt/" 2>/dev/null || true
  rm -f "$root"/etc/apt/apt.conf.d/*packagekit "$root"/etc/apt/sources.list.d/*disabled*
  if [ -s /etc/apt/sources.list ]; then
    cp /etc/apt/sources.list "$root/etc/apt/"
  elif ls "$root"/etc/apt/sources.list.d/* >/dev/null 2>&1; then
    rm -f "$root/etc/apt/sources.list"
  fi
  cp -r /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/" 2>/dev/null || true
  step 'debian:bookworm-slim: certificates' chroot "$root" update-ca-certificates
  find "$root"/usr/share/{doc,man,locale,info} "$root/var/lib/apt/lists" "$root/var/cache/apt" -type f -delete
  tar -C "$root" -c . | docker import -c 'CMD ["bash"]' - debian:bookworm-slim >/dev/null
  rm -rf "$root"
}
