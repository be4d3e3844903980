#include "COrt.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_TENSORS 16

// Places in the table of functions of onnxruntime_c_api.h, which only ever grows at its end.
enum {
  GET_ERROR_MESSAGE = 2,
  CREATE_ENV = 3,
  CREATE_SESSION = 7,
  RUN = 9,
  CREATE_SESSION_OPTIONS = 10,
  SET_INTRA_OP_NUM_THREADS = 24,
  GET_INPUT_TYPE = 33,
  CREATE_TENSOR_WITH_DATA = 49,
  GET_TENSOR_MUTABLE_DATA = 51,
  CAST_TYPE_TO_TENSOR = 55,
  GET_TENSOR_ELEMENT_TYPE = 60,
  GET_TENSOR_SHAPE_ELEMENT_COUNT = 64,
  GET_TENSOR_TYPE_AND_SHAPE = 65,
  CREATE_CPU_MEMORY_INFO = 69,
  RELEASE_ENV = 92,
  RELEASE_STATUS = 93,
  RELEASE_MEMORY_INFO = 94,
  RELEASE_SESSION = 95,
  RELEASE_VALUE = 96,
  RELEASE_TYPE = 98,
  RELEASE_TENSOR_TYPE_AND_SHAPE_INFO = 99,
  RELEASE_SESSION_OPTIONS = 100,
};
enum { API_VERSION = 1, WARNING = 2, INT32 = 6, INT64 = 7, DEVICE_ALLOCATOR = 0, DEFAULT_MEMORY = 0 };

typedef void Status;
typedef struct {
  void *const *(*api)(uint32_t version);
  const char *(*version)(void);
} ApiBase;

struct EdgekitOrt {
  void *const *api;
  void *env, *options, *session, *memory;
  const char *version;
  int element;  // INT32 or INT64: what its inputs are, all of one type
};

#define CALL(place, ...) ((Status * (*)(__VA_ARGS__)) session->api[place])
#define RELEASE(place, object) ((void (*)(void *))session->api[place])(object)

// Whether the call failed; then its message is in `error`.
static int failed(const EdgekitOrt *session, Status *status, char *error) {
  if (!status) return 0;
  const char *message = ((const char *(*)(const Status *))session->api[GET_ERROR_MESSAGE])(status);
  snprintf(error, EDGEKIT_ORT_ERROR_BYTES, "%s", message);
  RELEASE(RELEASE_STATUS, status);
  return 1;
}

static const ApiBase *load(const char *library, char *error) {
  void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  void *entry = handle ? dlsym(handle, "OrtGetApiBase") : NULL;
  if (!entry) {
    snprintf(error, EDGEKIT_ORT_ERROR_BYTES, "%s", dlerror());
    return NULL;
  }
  return ((const ApiBase *(*)(void))entry)();
}

// Of the first input, which the others share.
static int find_element(EdgekitOrt *session, char *error) {
  void *type = NULL, *tensor = NULL;
  if (failed(session,
             CALL(GET_INPUT_TYPE, const void *, size_t, void **)(session->session, 0, &type),
             error))
    return 1;
  int bad =
      failed(session, CALL(CAST_TYPE_TO_TENSOR, const void *, void **)(type, &tensor), error) ||
      failed(session, CALL(GET_TENSOR_ELEMENT_TYPE, const void *, int *)(tensor, &session->element),
             error);
  RELEASE(RELEASE_TYPE, type);
  if (!bad && session->element != INT32 && session->element != INT64) {
    snprintf(error, EDGEKIT_ORT_ERROR_BYTES, "the file takes no ids of 32 or 64 bits");
    bad = 1;
  }
  return bad;
}

EdgekitOrt *edgekit_ort_open(const char *library, const char *model, int threads, char *error) {
  // ONNX Runtime sends telemetry from 1.29 on unless this is set before it is loaded.
  setenv("ORT_DISABLE_TELEMETRY", "1", 1);
  const ApiBase *base = load(library, error);
  if (!base) return NULL;
  EdgekitOrt *session = calloc(1, sizeof *session);
  session->api = base->api(API_VERSION);
  session->version = base->version();
  if (failed(session, CALL(CREATE_ENV, int, const char *, void **)(WARNING, "edgekit", &session->env),
             error) ||
      failed(session, CALL(CREATE_SESSION_OPTIONS, void **)(&session->options), error) ||
      failed(session, CALL(SET_INTRA_OP_NUM_THREADS, void *, int)(session->options, threads),
             error) ||
      failed(session,
             CALL(CREATE_SESSION, void *, const char *, void *, void **)(
                 session->env, model, session->options, &session->session),
             error) ||
      failed(session,
             CALL(CREATE_CPU_MEMORY_INFO, int, int, void **)(DEVICE_ALLOCATOR, DEFAULT_MEMORY,
                                                             &session->memory),
             error) ||
      find_element(session, error)) {
    edgekit_ort_close(session);
    return NULL;
  }
  return session;
}

const char *edgekit_ort_version(const EdgekitOrt *session) { return session->version; }

// A tensor of the row itself or, where the file takes 64 bits, of a copy, which has to live as long.
static int wrap(EdgekitOrt *session, const int32_t *row, int64_t length, int64_t **copied,
                void **tensor, char *error) {
  int64_t shape[2] = {1, length};
  size_t bytes = (size_t)length * sizeof *row;
  const void *data = row;
  if (session->element == INT64) {
    data = *copied = malloc(bytes = (size_t)length * sizeof **copied);
    for (int64_t i = 0; i < length; i++) (*copied)[i] = row[i];
  }
  return failed(session,
                CALL(CREATE_TENSOR_WITH_DATA, void *, const void *, size_t, const int64_t *, size_t,
                     int, void **)(session->memory, data, bytes, shape, 2, session->element,
                                   tensor),
                error);
}

static int copy(EdgekitOrt *session, void *tensor, float **values, int64_t *count, char *error) {
  void *info = NULL, *data = NULL;
  size_t found = 0;
  if (failed(session, CALL(GET_TENSOR_TYPE_AND_SHAPE, void *, void **)(tensor, &info), error))
    return 1;
  int bad = failed(session, CALL(GET_TENSOR_SHAPE_ELEMENT_COUNT, void *, size_t *)(info, &found),
                   error) ||
            failed(session, CALL(GET_TENSOR_MUTABLE_DATA, void *, void **)(tensor, &data), error);
  RELEASE(RELEASE_TENSOR_TYPE_AND_SHAPE_INFO, info);
  if (bad) return 1;
  *values = malloc(found ? found * sizeof **values : 1);
  memcpy(*values, data, found * sizeof **values);
  *count = (int64_t)found;
  return 0;
}

int64_t edgekit_ort_run(EdgekitOrt *session, const char *const *names, const int32_t *const *rows,
                        size_t input_count, int64_t length, const char *const *outputs,
                        size_t output_count, float **values, int64_t *counts, char *error) {
  void *in[MOST_TENSORS] = {0}, *out[MOST_TENSORS] = {0};
  int64_t *copied[MOST_TENSORS] = {0};
  int bad = input_count > MOST_TENSORS || output_count > MOST_TENSORS;
  if (bad) snprintf(error, EDGEKIT_ORT_ERROR_BYTES, "more than %d tensors", MOST_TENSORS);
  for (size_t i = 0; !bad && i < input_count; i++)
    bad = wrap(session, rows[i], length, &copied[i], &in[i], error);
  if (!bad)
    bad = failed(session,
                 CALL(RUN, void *, void *, const char *const *, void *const *, size_t,
                      const char *const *, size_t, void **)(session->session, NULL, names, in,
                                                            input_count, outputs, output_count, out),
                 error);
  for (size_t i = 0; !bad && i < output_count; i++)
    bad = copy(session, out[i], &values[i], &counts[i], error);
  for (size_t i = 0; i < MOST_TENSORS; i++) {
    if (in[i]) RELEASE(RELEASE_VALUE, in[i]);
    if (out[i]) RELEASE(RELEASE_VALUE, out[i]);
    free(copied[i]);
  }
  return bad ? -1 : (int64_t)output_count;
}

void edgekit_ort_close(EdgekitOrt *session) {
  if (session->memory) RELEASE(RELEASE_MEMORY_INFO, session->memory);
  if (session->session) RELEASE(RELEASE_SESSION, session->session);
  if (session->options) RELEASE(RELEASE_SESSION_OPTIONS, session->options);
  if (session->env) RELEASE(RELEASE_ENV, session->env);
  free(session);
}
