// ONNX Runtime's C API, opened by the path of its library: nothing is linked, and no header of it
// is needed to build. Whatever fails leaves one line in `error`, of EDGEKIT_ORT_ERROR_BYTES.
#ifndef EDGEKIT_ORT_H
#define EDGEKIT_ORT_H

#include <stddef.h>
#include <stdint.h>

#define EDGEKIT_ORT_ERROR_BYTES 512

typedef struct EdgekitOrt EdgekitOrt;

/// Opens a model for so many threads an operator, telemetry off.
EdgekitOrt *edgekit_ort_open(const char *library, const char *model, int threads, char *error);

/// The version of the library, such as "1.31.1".
const char *edgekit_ort_version(const EdgekitOrt *session);

/// One inference over rows of shape (1, length), also for a file that takes int64: the float32 values of each output, which the
/// caller frees, and how many they are. Returns -1 where it fails.
int64_t edgekit_ort_run(EdgekitOrt *session, const char *const *names, const int32_t *const *rows,
                        size_t input_count, int64_t length, const char *const *outputs,
                        size_t output_count, float **values, int64_t *counts, char *error);

void edgekit_ort_close(EdgekitOrt *session);

#endif
