/* Adds the length of each message, in C.
 *
 *     cc -shared -fPIC -o length.so length.c        (from the sources: -I include)
 *     tributary consume --processor plugin:./length.so
 */
#include <stdio.h>
#include <tributary/plugin.h>

static void* create(const char* arguments, char* error, size_t error_size) {
  static int nothing; /* an instance has nothing to remember here, but must not be NULL */
  if (*arguments == '\0') return &nothing;
  snprintf(error, error_size, "it takes no arguments, not \"%s\"", arguments);
  return NULL;
}

static int process(void* instance, const tributary_message* message, tributary_result* result) {
  char digits[24];
  const int size = snprintf(digits, sizeof digits, "%zu", message->payload.size);
  (void)instance;
  result->add_field(result, "length", 6, digits, (size_t)size);
  return TRIBUTARY_APPEND;
}

static void destroy(void* instance) { (void)instance; }

const tributary_plugin* tributary_plugin_get(void) {
  static const tributary_plugin plugin = {
      TRIBUTARY_PLUGIN_VERSION, create, process, destroy, NULL, NULL, NULL};
  return &plugin;
}
