/* Plugins for tests, each with one thing that is wrong or rare, chosen by a macro. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tributary/plugin.h"

static int nothing, blocking;

static void* create(const char* arguments, char* error, size_t error_size) {
  (void)error, (void)error_size;
  if (strcmp(arguments, "fail") == 0) return NULL;
  return strcmp(arguments, "block") == 0 ? &blocking : &nothing;
}

static int process(void* instance, const tributary_message* message, tributary_result* result) {
  (void)instance;
#ifdef CRASHES
  if (message->payload.size > 0 && memmem(message->payload.data, message->payload.size, "crash", 5)) abort();
#else
  (void)message;
#endif
#ifdef BLOCKS
  usleep(1000);
  result->set_reason(result, "why\nnot", 7);
  return message->attempt == 1 ? 77 : TRIBUTARY_DEAD;
#else
  result->add_field(result, "x", 1, "1", 1);
  return TRIBUTARY_APPEND;
#endif
}

static void destroy(void* instance) { (void)instance; }

static int may_block(void* instance) {
#ifdef BLOCKS
  (void)instance;
  return 1;
#else
  return instance == &blocking;
#endif
}

#ifdef NO_SYMBOL
#define tributary_plugin_get something_else
#endif
const tributary_plugin* tributary_plugin_get(void) {
  static tributary_plugin plugin = {
      TRIBUTARY_PLUGIN_VERSION, create, process, destroy, may_block, NULL, NULL};
#ifdef OTHER_VERSION
  plugin.version = 99;
#endif
#ifdef NO_PROCESS
  plugin.process = NULL;
#endif
  return &plugin;
}
