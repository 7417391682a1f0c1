# The container image of the package. No registry is asked: its base is made from the archive that apt uses here.

container_image=build/container/tributary.tar

# A base as small as that of the usual images, made once.
make_base() {
  local release fresh=build/container/base log=build/container/debootstrap.log started=$SECONDS
  release=$(. /etc/os-release && say "$VERSION_CODENAME")
  [[ ! -f $fresh-$release.tar ]] || { base=$fresh-$release.tar; return; }
  heading "Base of the container image: a small Debian $release"
  rm -rf $fresh*
  mkdir -p build/container
  if ! debootstrap --variant=minbase "$release" $fresh "$(debian_mirror)" >$log 2>&1; then
    tail -n 5 $log
    return 1
  fi
  tar -C $fresh --exclude='./dev/*' --exclude='./var/cache/apt/*' --exclude='./var/lib/apt/lists/*' -cf $fresh.tar . || return 1
  rm -rf $fresh
  base=$fresh-$release.tar
  mv $fresh.tar "$base"
  say "Making it took $(duration $((SECONDS - started)))."
}

check_container() {
  local package base
  ((EUID == 0)) || { complain "only root can make the base of the image"; return $cannot; }
  (setup container) || return $cannot
  make_base || { complain "no base could be made from the archive that apt uses here"; return $cannot; }
  setup package
  make_package && packaging/container/check "$base" "$package" $container_image
}

verb_container() {
  setup
  check check_container "Container image: made, run, drained"
  ((passed == 0)) || say "The image is in $container_image: podman load -i, or docker load -i."
  summary
  ((failed == 0))
}
