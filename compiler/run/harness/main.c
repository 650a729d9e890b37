/* SPDX-License-Identifier: 0BSD */
/*
 * Runs a model on samples from a file and writes its outputs to another:
 *
 *     program SAMPLES REPEATS INPUT_FILE OUTPUT_FILE [TRACE_FILE]
 *
 * A sample is the bytes of all inputs in order, and so for the outputs. Each is run by itself; those
 * of a network with states follow each other. harness-model.h, which
 * compiler/run/build.ts writes for each model, gives the model's functions their names here.
 *
 * Nothing here may call the C library: what lies outside these files counts as the model's.
 */
#include "harness-io.h"

static const size_t input_bytes[] = MOTE_MODEL_INPUT_BYTES;
static const size_t output_bytes[] = MOTE_MODEL_OUTPUT_BYTES;

#ifdef MOTE_MODEL_HAS_STATES
static const int goes_on = 1;
#else
static const int goes_on = 0;
#endif

static unsigned char *inputs[MOTE_MODEL_INPUTS + 1];
static unsigned char sample[MOTE_MODEL_SAMPLE_BYTES + 1];
static uint32_t stack_bytes;
static io_file trace_file;

struct files {
    io_file input, output, trace;
};

/* Hexadecimal: decimal would need a division, which some cores call the C library for. */
static void print_number(const char *label, uint32_t value) {
    char text[9];
    for (int i = 0; i < 8; i++) text[i] = "0123456789abcdef"[(value >> (28 - 4 * i)) & 15u];
    text[8] = 0;
    io_print(label);
    io_print(text);
    io_print("\n");
}

static int fail(const char *what) {
    io_print("mote: cannot ");
    io_print(what);
    io_print("\n");
    return 2;
}

static uint32_t number(const char *text) {
    uint32_t value = 0;
    for (; *text >= '0' && *text <= '9'; text++) value = value * 10u + (uint32_t)(*text - '0');
    return value;
}

static void copy(unsigned char *to, const unsigned char *from, size_t bytes) {
    for (size_t i = 0; i < bytes; i++) to[i] = from[i];
}

static void find_inputs(void) {
    for (int i = 0; i < MOTE_MODEL_INPUTS; i++) inputs[i] = MOTE_MODEL_INPUT(MOTE_MODEL_ARENA, i);
}

#ifdef MOTE_MODEL_RUN_ROWS
/* A row of an input, from the sample. */
static void read_row(void *context, int index, int row, void *to) {
    static const size_t row_bytes[] = MOTE_MODEL_ROW_BYTES;
    const unsigned char *from = sample;
    (void)context;
    for (int i = 0; i < index; i++) from += input_bytes[i];
    copy(to, from + (size_t)row * row_bytes[index], row_bytes[index]);
}

static mote_status run_rows(void *arena) { return MOTE_MODEL_RUN_ROWS(arena, read_row, 0); }
#define MOTE_MODEL_RUN run_rows
#endif

static void write_inputs(void) {
    const unsigned char *from = sample;
    for (int i = 0; i < MOTE_MODEL_INPUTS; i++) {
        if (inputs[i]) copy(inputs[i], from, input_bytes[i]);
        from += input_bytes[i];
    }
}

static int save_outputs(io_file output) {
    for (int i = 0; i < MOTE_MODEL_OUTPUTS; i++)
        if (!io_write(output, MOTE_MODEL_OUTPUT(MOTE_MODEL_ARENA, i), output_bytes[i])) return 0;
    return 1;
}

/* A record of the trace: the step, how many bytes follow, the bytes. Step -1 starts a sample. */
void mote_trace(int step, const void *data, size_t bytes);
void mote_trace(int step, const void *data, size_t bytes) {
    const int32_t header[2] = {(int32_t)step, (int32_t)bytes};
    if (!trace_file) return;
    io_write(trace_file, header, sizeof header);
    io_write(trace_file, data, bytes);
}

/* The input is written before every run, since a model may use its place for other things. */
static int run_once(void) {
    uint32_t depth;
    write_inputs();
    const mote_status status = io_run_measured(MOTE_MODEL_RUN, MOTE_MODEL_ARENA, &depth);
    if (depth > stack_bytes) stack_bytes = depth;
    if (status != MOTE_OK)
        print_number("mote: the model's run returned status 0x", (uint32_t)status);
    return status == MOTE_OK;
}

static int begin(void) {
    const mote_status status = MOTE_MODEL_INIT(MOTE_MODEL_ARENA, MOTE_MODEL_ARENA_BYTES);
    if (status != MOTE_OK)
        print_number("mote: the model's init returned status 0x", (uint32_t)status);
    find_inputs(); /* once: the calls are not part of a run and must not be counted as such */
    return status == MOTE_OK;
}

static int run_sample(const struct files *files, uint32_t repeats) {
    trace_file = files->trace;
    mote_trace(-1, sample, 0);
    for (uint32_t i = 0; i < repeats; i++) {
        if (!run_once()) return 3;
        if (i == 0 && !save_outputs(files->output)) return fail("write the outputs");
        trace_file = 0;
    }
    return 0;
}

static int run_samples(const struct files *files, uint32_t samples, uint32_t repeats) {
    for (uint32_t i = 0; i < samples; i++) {
        if (!io_read(files->input, sample, MOTE_MODEL_SAMPLE_BYTES)) return fail("read a sample");
        if ((i == 0 || !goes_on) && !begin()) return 3;
        const int code = run_sample(files, repeats);
        if (code != 0) return code;
    }
    return 0;
}

int main(int argc, char **argv) {
    struct files files = {0, 0, 0};
    if (argc < 5) return fail("run: arguments are missing");
    files.input = io_open(argv[3], 0);
    files.output = io_open(argv[4], 1);
    if (!files.input || !files.output) return fail("open the files of samples and outputs");
    if (argc > 5) files.trace = io_open(argv[5], 1);
    const int code = run_samples(&files, number(argv[1]), number(argv[2]));
    if (!io_close(files.output)) return fail("write the outputs");
    if (files.trace && !io_close(files.trace)) return fail("write the trace");
    if (code == 0 && stack_bytes != IO_STACK_UNKNOWN) print_number("mote: stack 0x", stack_bytes);
    return code;
}
