# The demo.

verb_demo() {
  setup
  build release tributary
  cd "$called_from"
  exec "$root/build/release/tributary" demo "$@"
}
