// Opens one model in onnxruntime or LiteRT and obeys commands line by line; benchmarks/protocol.py
// documents the conversation. Plain POSIX: the runtime's library is opened by its path, and only
// the functions that are called are declared here, so that no header and no link is needed.
//
//   runner --backend litert --library libLiteRt.so --model model.tflite --threads 1
//          --inputs input_ids,attention_mask --outputs logits
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>

enum { CACHES = 64 << 20, MOST_TENSORS = 8, MARK = 0x454b4d4b, BEGIN = 1, END = 2 };

static const char *library, *model, *weight_cache;
static int threads = 1;
static unsigned long long guest_end;  // 0: not emulated
static char *input_names[MOST_TENSORS], *output_names[MOST_TENSORS];
static size_t input_count, output_count;
static int32_t *inputs;  // all inputs, one after the other
static long length;
static char version[128];

// ---- what is said -------------------------------------------------------------------------------

static void print_string(const char *text) {
  putchar('"');
  for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
    if (*c == '"' || *c == '\\') printf("\\%c", *c);
    else if (*c < 0x20) printf("\\u%04x", *c);
    else putchar(*c);
  }
  putchar('"');
}

static _Noreturn void fail(const char *format, ...) {
  char text[1024];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  fputs("{\"event\": \"error\", \"message\": ", stdout);
  print_string(text);
  puts("}");
  fflush(stdout);
  _Exit(1);
}

// ---- what is measured ---------------------------------------------------------------------------

static double now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

static FILE *must_open(const char *path, const char *mode) {
  FILE *file = fopen(path, mode);
  if (!file) fail("%s cannot be opened", path);
  return file;
}

static long long status_bytes(const char *key) {
  char line[256];
  long long found = 0;
  FILE *file = must_open("/proc/self/status", "r");
  while (fgets(line, sizeof line, file))
    if (!strncmp(line, key, strlen(key)) && line[strlen(key)] == ':')
      found = atoll(line + strlen(key) + 1) * 1024;
  fclose(file);
  return found;
}

// An emulator's translated code is resident memory of the process, too. It lies above all that the
// guest can map (--guest-end), where the kernel's list of mappings shows it.
static long long emulator_bytes(void) {
  char line[1024];
  long long found = 0;
  unsigned long long start, end, current = 0;
  if (!guest_end) return 0;
  FILE *file = must_open("/proc/self/smaps", "r");
  while (fgets(line, sizeof line, file))
    if (sscanf(line, "%llx-%llx ", &start, &end) == 2) current = start;
    else if (current >= guest_end && !strncmp(line, "Rss:", 4)) found += atoll(line + 4) * 1024;
  fclose(file);
  return found;
}

// The peak so far is forgotten where the kernel lets a process do so (proc(5), clear_refs). An
// emulator's share grows all the time, so it is taken off step by step and not at the end.
static long long peak_bytes;

static void note_peak(void) {
  long long bytes = status_bytes("VmHWM") - emulator_bytes();
  if (bytes > peak_bytes) peak_bytes = bytes;
  FILE *file = fopen("/proc/self/clear_refs", "w");
  if (file) {
    fputs("5", file);
    fclose(file);
  }
}

// The kernel refuses this option everywhere; an emulator's plugin sees it and counts in between.
static void mark(int which) { prctl(MARK, which, 0, 0, 0); }

static void *symbol(void *handle, const char *name) {
  void *found = dlsym(handle, name);
  if (!found) fail("%s has no %s: another release of the runtime is needed", library, name);
  return found;
}

// ---- onnxruntime --------------------------------------------------------------------------------
// OrtApi is a table of functions that only ever grows at its end. The places were read off the
// header of API version 29 and hold since version 1.

typedef void OrtStatus;
#define ORT_FUNCTIONS(X)                                                                           \
  X(2, const char *, GetErrorMessage, (const OrtStatus *))                                         \
  X(3, OrtStatus *, CreateEnv, (int severity, const char *id, void **))                            \
  X(7, OrtStatus *, CreateSession, (void *env, const char *path, void *options, void **))          \
  X(9, OrtStatus *, Run,                                                                           \
    (void *session, void *options, const char *const *names, void *const *values, size_t count,    \
     const char *const *output_names, size_t output_count, void **outputs))                        \
  X(10, OrtStatus *, CreateSessionOptions, (void **))                                              \
  X(22, OrtStatus *, SetSessionLogSeverityLevel, (void *options, int))                             \
  X(24, OrtStatus *, SetIntraOpNumThreads, (void *options, int))                                   \
  X(49, OrtStatus *, CreateTensorWithDataAsOrtValue,                                               \
    (void *memory, void *data, size_t bytes, const int64_t *shape, size_t rank, int type, void **)) \
  X(51, OrtStatus *, GetTensorMutableData, (void *value, void **))                                 \
  X(64, OrtStatus *, GetTensorShapeElementCount, (void *info, size_t *))                           \
  X(65, OrtStatus *, GetTensorTypeAndShape, (void *value, void **))                                \
  X(69, OrtStatus *, CreateCpuMemoryInfo, (int allocator, int type, void **))                      \
  X(96, void, ReleaseValue, (void *))                                                              \
  X(99, void, ReleaseTensorTypeAndShapeInfo, (void *))
#define DECLARE(place, result, name, arguments) static result(*ort_##name) arguments;
ORT_FUNCTIONS(DECLARE)

enum { ORT_FATAL = 4, ORT_INT32 = 6, ORT_ARENA = 1, ORT_DEFAULT_MEMORY = 0, ORT_OLDEST = 1 };
struct ort_base {
  void *const *(*get_api)(uint32_t version);
  const char *(*get_version)(void);
};
static void *ort_session, *ort_memory, *ort_inputs[MOST_TENSORS], *ort_outputs[MOST_TENSORS];

static void ort_check(OrtStatus *status) {
  if (status) fail("onnxruntime: %s", ort_GetErrorMessage(status));
}

static void ort_load(void *handle) {
  const struct ort_base *(*get_base)(void) = symbol(handle, "OrtGetApiBase");
  void *const *api = get_base()->get_api(ORT_OLDEST);
  if (!api) fail("%s does not offer version %d of its interface", library, ORT_OLDEST);
#define FIND(place, result, name, arguments) ort_##name = (result(*) arguments)api[place];
  ORT_FUNCTIONS(FIND)
  snprintf(version, sizeof version, "onnxruntime %s", get_base()->get_version());
}

static void ort_open(void) {
  void *env, *options;
  ort_check(ort_CreateEnv(ORT_FATAL, "edgekit", &env));
  ort_check(ort_CreateSessionOptions(&options));
  ort_check(ort_SetSessionLogSeverityLevel(options, ORT_FATAL));
  ort_check(ort_SetIntraOpNumThreads(options, threads));
  ort_check(ort_CreateSession(env, model, options, &ort_session));
  ort_check(ort_CreateCpuMemoryInfo(ORT_ARENA, ORT_DEFAULT_MEMORY, &ort_memory));
}

static void ort_feed(void) {
  const int64_t shape[] = {1, length};
  for (size_t i = 0; i < input_count; i++) {
    if (ort_inputs[i]) ort_ReleaseValue(ort_inputs[i]);
    ort_check(ort_CreateTensorWithDataAsOrtValue(ort_memory, inputs + i * length,
                                                 length * sizeof *inputs, shape, 2, ORT_INT32,
                                                 &ort_inputs[i]));
  }
}

static void ort_prepare(void) {
  for (size_t i = 0; i < output_count; i++) {
    if (ort_outputs[i]) ort_ReleaseValue(ort_outputs[i]);
    ort_outputs[i] = NULL;
  }
}

static void ort_run(void) {
  ort_check(ort_Run(ort_session, NULL, (const char *const *)input_names, ort_inputs, input_count,
                    (const char *const *)output_names, output_count, ort_outputs));
}

static void ort_save(FILE *file) {
  for (size_t i = 0; i < output_count; i++) {
    void *info, *values;
    size_t count;
    ort_check(ort_GetTensorTypeAndShape(ort_outputs[i], &info));
    ort_check(ort_GetTensorShapeElementCount(info, &count));
    ort_check(ort_GetTensorMutableData(ort_outputs[i], &values));
    if (fwrite(values, sizeof(float), count, file) != count) fail("the outputs cannot be written");
    ort_ReleaseTensorTypeAndShapeInfo(info);
  }
}

// ---- LiteRT -------------------------------------------------------------------------------------
// The wheel ships no headers; these were found in libLiteRt.so of ai-edge-litert 2.3.0 and tried.

struct litert_type {
  int element_type;
  uint32_t rank;
  int32_t dimensions[8];
  uint32_t strides[8];
};
#define LITERT_FUNCTIONS(X)                                                                        \
  X(CreateEnvironment, (int options, const void *, void **))                                       \
  X(CreateModelFromFile, (void *environment, const char *path, void **))                           \
  X(CreateOptions, (void **))                                                                      \
  X(SetOptionsHardwareAccelerators, (void *options, int))                                          \
  X(CreateOpaqueOptions, (const char *name, void *data, void (*release)(void *), void **))         \
  X(AddOpaqueOptions, (void *options, void *opaque))                                               \
  X(CreateCompiledModel, (void *environment, void *model, void *options, void **))                 \
  X(GetNumModelSignatures, (void *model, size_t *))                                                \
  X(GetModelSignature, (void *model, size_t, void **))                                             \
  X(GetSignatureKey, (void *signature, const char **))                                             \
  X(GetNumSignatureInputs, (void *signature, size_t *))                                            \
  X(GetNumSignatureOutputs, (void *signature, size_t *))                                           \
  X(GetSignatureInputName, (void *signature, size_t, const char **))                               \
  X(GetSignatureOutputName, (void *signature, size_t, const char **))                              \
  X(GetSignatureInputTensorByIndex, (void *signature, size_t, void **))                            \
  X(GetSignatureOutputTensorByIndex, (void *signature, size_t, void **))                           \
  X(GetRankedTensorType, (void *tensor, struct litert_type *))                                     \
  X(GetCompiledModelInputBufferRequirements, (void *compiled, size_t, size_t, void **))            \
  X(GetCompiledModelOutputBufferRequirements, (void *compiled, size_t, size_t, void **))           \
  X(CreateManagedTensorBufferFromRequirements,                                                     \
    (void *environment, const struct litert_type *, void *requirements, void **))                  \
  X(DestroyTensorBuffer, (void *))                                                                 \
  X(GetTensorBufferPackedSize, (void *buffer, size_t *))                                           \
  X(LockTensorBuffer, (void *buffer, void **, int mode))                                           \
  X(UnlockTensorBuffer, (void *buffer))                                                            \
  X(RunCompiledModel,                                                                              \
    (void *compiled, size_t signature, size_t, void **inputs, size_t, void **outputs))
#define DECLARE_LITERT(name, arguments) static int(*litert_##name) arguments;
LITERT_FUNCTIONS(DECLARE_LITERT)

enum { LITERT_CPU = 1, LITERT_READ = 0, LITERT_WRITE = 1 };
static void *litert_environment, *litert_model, *litert_compiled, *litert_signature;
static void *litert_inputs[MOST_TENSORS], *litert_outputs[MOST_TENSORS];
static size_t litert_number;
#define LITERT(name, ...)                                                      \
  do {                                                                         \
    int status = litert_##name(__VA_ARGS__);                                   \
    if (status) fail("LiteRT: " #name " gave status %d", status);              \
  } while (0)

static void litert_load(void *handle) {
#define FIND_LITERT(name, arguments) litert_##name = (int(*) arguments)symbol(handle, "LiteRt" #name);
  LITERT_FUNCTIONS(FIND_LITERT)
  snprintf(version, sizeof version, "LiteRT " LITERT_VERSION);
}

static void keep(void *data) { (void)data; }

static void litert_open(void) {
  static char toml[4200];  // read when the model is compiled
  void *options, *opaque;
  int end = snprintf(toml, sizeof toml, "num_threads = %d\n", threads);
  if (weight_cache)
    snprintf(toml + end, sizeof toml - end, "weight_cache_file_path = \"%s\"\n", weight_cache);
  LITERT(CreateEnvironment, 0, NULL, &litert_environment);
  LITERT(CreateModelFromFile, litert_environment, model, &litert_model);
  LITERT(CreateOptions, &options);
  LITERT(SetOptionsHardwareAccelerators, options, LITERT_CPU);
  LITERT(CreateOpaqueOptions, "xnnpack", toml, keep, &opaque);
  LITERT(AddOpaqueOptions, options, opaque);
  LITERT(CreateCompiledModel, litert_environment, litert_model, options, &litert_compiled);
}

static void litert_select(void) {
  char wanted[32];
  const char *key;
  size_t count;
  snprintf(wanted, sizeof wanted, "seq_%ld", length);
  LITERT(GetNumModelSignatures, litert_model, &count);
  for (litert_number = 0; litert_number < count; litert_number++) {
    LITERT(GetModelSignature, litert_model, litert_number, &litert_signature);
    LITERT(GetSignatureKey, litert_signature, &key);
    if (!strcmp(key, wanted)) return;
  }
  fail("%s has no signature %s", model, wanted);
}

static void *litert_buffer(void *tensor, void *requirements) {
  struct litert_type type;
  void *buffer;
  LITERT(GetRankedTensorType, tensor, &type);
  LITERT(CreateManagedTensorBufferFromRequirements, litert_environment, &type, requirements,
         &buffer);
  return buffer;
}

static size_t place_of(const char *name, char **names, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (!strcmp(name, names[i])) return i;
  fail("%s has a tensor %s that the manifest does not name", model, name);
}

static void litert_feed(void) {
  size_t count, bytes;
  const char *name;
  void *tensor, *requirements, *data;
  for (size_t i = 0; i < input_count; i++)
    if (litert_inputs[i]) litert_DestroyTensorBuffer(litert_inputs[i]);
  for (size_t i = 0; i < output_count; i++)
    if (litert_outputs[i]) litert_DestroyTensorBuffer(litert_outputs[i]);
  litert_select();
  LITERT(GetNumSignatureInputs, litert_signature, &count);
  if (count != input_count) fail("%s has %zu inputs, the manifest %zu", model, count, input_count);
  for (size_t i = 0; i < count; i++) {
    LITERT(GetSignatureInputName, litert_signature, i, &name);
    LITERT(GetSignatureInputTensorByIndex, litert_signature, i, &tensor);
    LITERT(GetCompiledModelInputBufferRequirements, litert_compiled, litert_number, i,
           &requirements);
    litert_inputs[i] = litert_buffer(tensor, requirements);
    LITERT(GetTensorBufferPackedSize, litert_inputs[i], &bytes);
    if (bytes != length * sizeof *inputs) fail("%s: input %s has %zu bytes", model, name, bytes);
    LITERT(LockTensorBuffer, litert_inputs[i], &data, LITERT_WRITE);
    memcpy(data, inputs + place_of(name, input_names, input_count) * length,
           length * sizeof *inputs);
    LITERT(UnlockTensorBuffer, litert_inputs[i]);
  }
  LITERT(GetNumSignatureOutputs, litert_signature, &count);
  if (count != output_count) fail("%s has %zu outputs, not %zu", model, count, output_count);
  for (size_t i = 0; i < count; i++) {
    LITERT(GetSignatureOutputTensorByIndex, litert_signature, i, &tensor);
    LITERT(GetCompiledModelOutputBufferRequirements, litert_compiled, litert_number, i,
           &requirements);
    litert_outputs[i] = litert_buffer(tensor, requirements);
  }
}

static void litert_prepare(void) {}

static void litert_run(void) {
  LITERT(RunCompiledModel, litert_compiled, litert_number, input_count, litert_inputs, output_count,
         litert_outputs);
}

static void litert_save(FILE *file) {
  for (size_t wanted = 0; wanted < output_count; wanted++)
    for (size_t i = 0; i < output_count; i++) {
      const char *name;
      size_t bytes;
      void *data;
      LITERT(GetSignatureOutputName, litert_signature, i, &name);
      if (place_of(name, output_names, output_count) != wanted) continue;
      LITERT(GetTensorBufferPackedSize, litert_outputs[i], &bytes);
      LITERT(LockTensorBuffer, litert_outputs[i], &data, LITERT_READ);
      if (fwrite(data, 1, bytes, file) != bytes) fail("the outputs cannot be written");
      LITERT(UnlockTensorBuffer, litert_outputs[i]);
    }
}

// ---- commands -----------------------------------------------------------------------------------

static const struct backend {
  const char *name;
  void (*load)(void *handle);
  void (*open)(void);
  void (*feed)(void);
  void (*prepare)(void);
  void (*run)(void);
  void (*save)(FILE *file);
} backends[] = {
    {"onnxruntime", ort_load, ort_open, ort_feed, ort_prepare, ort_run, ort_save},
    {"litert", litert_load, litert_open, litert_feed, litert_prepare, litert_run, litert_save},
};
static const struct backend *backend;
static long long before_bytes;

static void read_inputs(const char *argument) {
  char *path;
  length = strtol(argument, &path, 10);
  FILE *file = *path == ' ' && length > 0 ? fopen(path + 1, "rb") : NULL;
  if (!file) fail("the inputs cannot be read: %s", argument);
  size_t count = input_count * length;
  inputs = realloc(inputs, count * sizeof *inputs);
  if (!inputs || fread(inputs, sizeof *inputs, count, file) != count)
    fail("%s does not hold %zu inputs of %ld tokens", path + 1, input_count, length);
  fclose(file);
  backend->feed();
  puts("{\"event\": \"fed\"}");
}

static void run_inferences(const char *argument, char *other) {
  if (!inputs) fail("run before feed");
  long count = atol(argument);
  double *samples = count > 0 ? calloc(count, sizeof *samples) : NULL;
  if (!samples) fail("cannot run '%s' inferences", argument);
  for (long i = 0; i < count; i++) {
    backend->prepare();
    if (other) memset(other, i + 1, CACHES);
    double started = now_ms();
    mark(BEGIN);
    backend->run();
    mark(END);
    samples[i] = now_ms() - started;
  }
  fputs("{\"event\": \"ran\", \"ms\": [", stdout);
  for (long i = 0; i < count; i++) printf("%s%.6f", i ? ", " : "", samples[i]);
  puts("]}");
  free(samples);
}

static void run_warm(const char *argument) { run_inferences(argument, NULL); }

static void run_cold(const char *argument) {
  char *other = malloc(CACHES);
  if (!other) fail("no memory to empty the caches with");
  run_inferences(argument, other);
  free(other);
}

static void save_outputs(const char *path) {
  FILE *file = fopen(path, "wb");
  if (!file) fail("%s cannot be written", path);
  backend->save(file);
  if (fclose(file)) fail("%s cannot be written: is the disk full?", path);
  puts("{\"event\": \"saved\"}");
}

static void print_memory(const char *argument) {
  (void)argument;
  printf("{\"event\": \"memory\", \"before_bytes\": %lld, \"peak_bytes\": %lld}\n", before_bytes,
         peak_bytes);
}

static const struct command {
  const char *name;
  void (*act)(const char *argument);
} commands[] = {
    {"feed", read_inputs},
    {"run", run_warm},
    {"cold", run_cold},
    {"save", save_outputs},
    {"memory", print_memory}};

static void obey(char *line) {
  char *argument = strchr(line, ' ');
  if (argument) *argument++ = 0;
  for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
    if (!strcmp(line, commands[i].name)) {
      commands[i].act(argument ? argument : "");
      fflush(stdout);
      note_peak();
      return;
    }
  fail("this runner has no command '%s'", line);
}

static size_t split(char *text, char **names) {
  size_t count = 0;
  for (char *name = strtok(text, ","); name; name = strtok(NULL, ",")) {
    if (count == MOST_TENSORS) fail("more than %d tensors", MOST_TENSORS);
    names[count++] = name;
  }
  return count;
}

static void parse(int count, char **arguments) {
  for (int i = 1; i + 1 < count; i += 2) {
    const char *key = arguments[i];
    char *value = arguments[i + 1];
    if (!strcmp(key, "--library")) library = value;
    else if (!strcmp(key, "--model")) model = value;
    else if (!strcmp(key, "--threads")) threads = atoi(value);
    else if (!strcmp(key, "--weight-cache")) weight_cache = value;
    else if (!strcmp(key, "--guest-end")) guest_end = strtoull(value, NULL, 10);
    else if (!strcmp(key, "--inputs")) input_count = split(value, input_names);
    else if (!strcmp(key, "--outputs")) output_count = split(value, output_names);
    else if (!strcmp(key, "--backend")) {
      for (size_t b = 0; b < sizeof backends / sizeof *backends; b++)
        if (!strcmp(value, backends[b].name)) backend = &backends[b];
    } else fail("unknown option %s", key);
  }
  if (!backend || !library || !model || !input_count || !output_count)
    fail("--backend, --library, --model, --inputs and --outputs are needed");
}

int main(int count, char **arguments) {
  char *line = NULL;
  size_t room = 0;
  setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});  // it may fail, and its folder is not ours
  setenv("ORT_DISABLE_TELEMETRY", "1", 1);  // onnxruntime reads it when it is loaded
  parse(count, arguments);
  void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  if (!handle) fail("%s", dlerror());
  backend->load(handle);
  note_peak();
  before_bytes = peak_bytes = status_bytes("VmRSS") - emulator_bytes();
  double started = now_ms();
  backend->open();
  double load_ms = now_ms() - started;
  note_peak();
  fputs("{\"event\": \"loaded\", \"runtime\": ", stdout);
  print_string(version);
  printf(", \"load_ms\": %.6f}\n", load_ms);
  fflush(stdout);
  while (getline(&line, &room, stdin) > 0) {
    line[strcspn(line, "\n")] = 0;
    if (!strcmp(line, "quit")) break;
    obey(line);
  }
  _Exit(0);  // destructors of the libraries have nothing left to do
}
