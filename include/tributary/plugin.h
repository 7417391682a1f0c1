/* TRIBUTARY PLUGINS
 *
 * NAME
 *     plugin.h - a processor of tributary in a shared library
 *
 * SYNOPSIS
 *     #include <tributary/plugin.h>
 *
 *     const tributary_plugin* tributary_plugin_get(void);
 *
 *     cc -shared -fPIC -o mine.so mine.c
 *     tributary consume --processor plugin:./mine.so
 *     tributary consume --processor 'plugin:./mine.so?arguments'
 *
 * DESCRIPTION
 *     A plugin exports one function, tributary_plugin_get(), which returns the address of a tributary_plugin that stays
 *     valid. It is called once, when the node starts. The library stays loaded until the process ends.
 *
 *     For each consumer create() makes an instance. process() then gets one message after the other. An instance is
 *     only ever used by one thread at a time, though not always by the same one; only interrupt() may be called while
 *     another thread is in process(). Instances may be used at the same time by several threads.
 *
 *     A message may be processed again after a crash, here or on another node, with the same position; what became of
 *     it is written once. Effects of a plugin's own should therefore be idempotent by the position.
 *
 *     No function may throw or longjmp out. A crash ends the node; another one goes on with the message.
 *
 *     plugin.hpp makes a C++ class derived from tributary::Processor a plugin.
 *
 * VERSIONS
 *     TRIBUTARY_PLUGIN_VERSION changes whenever a plugin that was built before would not work any more. A node refuses
 *     plugins of another version than its own at start, and names both.
 *
 * ERRORS
 *     A library that cannot be loaded, without tributary_plugin_get, of another version, without one of the functions
 *     that it must have, or whose create() returns NULL: the node ends at start with one line and exit code 78.
 */
#ifndef TRIBUTARY_PLUGIN_H
#define TRIBUTARY_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#define TRIBUTARY_PLUGIN_VERSION 1

#ifdef __cplusplus
extern "C" {
#endif

/* NOLINTBEGIN(readability-identifier-naming): the names are C's */

/* Bytes, with no zero behind them. */
typedef struct tributary_text {
  const char* data;
  size_t size;
} tributary_text;

/* A message. Everything is valid only during the call, or as expect() says. */
typedef struct tributary_message {
  tributary_text payload;  /* as it was published; 64 more bytes may be read, not used */
  tributary_text id;       /* a string as it is, a number as its JSON text; empty if there is none */
  tributary_text position; /* its place in the order of the group, e.g. 7.3fa9c2:12345; always the same */
  tributary_text channel;  /* that it was published on */
  uint32_t attempt;        /* from 1; more after it failed here. It may also have been tried elsewhere */
} tributary_message;

/* What became of a message. Anything else counts as TRIBUTARY_FAIL. */
enum tributary_outcome {
  TRIBUTARY_APPEND = 0, /* goes to the output stream, with the fields that were added */
  TRIBUTARY_DROP = 1,   /* goes nowhere, on purpose */
  TRIBUTARY_FAIL = 2,   /* tried again, with pauses if the plugin may block; then dead-lettered */
  TRIBUTARY_DEAD = 3    /* dead-lettered at once */
};

/* Where process() puts what it has to say. Valid only during the call. */
typedef struct tributary_result tributary_result;
struct tributary_result {
  /* Adds a field to the entry; of fields with the same name the last counts. Any bytes; they are copied. Up to 1000
   * fields and 64 MiB. Ignored unless the outcome is TRIBUTARY_APPEND. */
  void (*add_field)(tributary_result* result, const char* name, size_t name_size, const char* value,
                    size_t value_size);
  /* Why it fails or is dead, in one line. Any bytes; they are copied. */
  void (*set_reason)(tributary_result* result, const char* reason, size_t size);
};

typedef struct tributary_plugin {
  /* TRIBUTARY_PLUGIN_VERSION. Stays the first member in every version. */
  uint32_t version;

  /* Makes an instance. `arguments` is what came behind the `?`, or "". NULL: it cannot; then `error`, of `error_size`
   * bytes, should hold why, in one line that ends with a zero. Any thread. */
  void* (*create)(const char* arguments, char* error, size_t error_size);

  /* Processes one message: an outcome. */
  int (*process)(void* instance, const tributary_message* message, tributary_result* result);

  /* Ends an instance. */
  void (*destroy)(void* instance);

  /* Not 0: process() may wait or compute for long, so each consumer gets a thread. 0: it never does, and is called by
   * the node's only thread, which costs nothing. NULL stands for 0. The same for all instances. */
  int (*may_block)(void* instance);

  /* May be NULL. What process() will be called for next, in this order, unless the work goes elsewhere. The messages
   * stay valid until the last of them was processed, or expect() is called again. Only if may_block(). */
  void (*expect)(void* instance, const tributary_message* messages, size_t count);

  /* May be NULL. Called by another thread while process() may be running: nobody waits for its result any more, so it
   * should return soon, whatever it returns. */
  void (*interrupt)(void* instance);
} tributary_plugin;

/* NOLINTEND(readability-identifier-naming) */

/* What the plugin defines. */
#if defined(__GNUC__)
__attribute__((visibility("default")))
#endif
const tributary_plugin*
tributary_plugin_get(void);

#ifdef __cplusplus
}
#endif

#endif
