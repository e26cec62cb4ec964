/* target_fuzz.c: any bytes as a request's target: its parts lie in it, and once decoded they are
 * UTF-8. */
#include "base/utf8.h"
#include "fuzz.h"
#include "http/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct target target;
    struct arena *arena = fuzz_arena();
    char *memory;
    struct str text = fuzz_input(data, size, &memory);

    if (!target_read(text, arena, &target).ptr) {
        REQUIRE(utf8_valid(target.path));
        REQUIRE(target.segment_count <= TARGET_SEGMENTS_MAX + 1);
        for (size_t i = 0; i < target.segment_count; i++) {
            struct str segment = target.segments[i];

            REQUIRE(segment.ptr >= text.ptr && segment.ptr + segment.len <= text.ptr + text.len);
            REQUIRE(!segment.len || !memchr(segment.ptr, '/', segment.len));
            REQUIRE(target_decode(segment, false, arena).ptr);
        }
        REQUIRE(target.parameter_count <= TARGET_PARAMETERS_MAX);
        for (size_t i = 0; i < target.parameter_count; i++) {
            const struct parameter *parameter = &target.parameters[i];

            REQUIRE(utf8_valid(parameter->name) && utf8_valid(parameter->value));
            REQUIRE(target_parameter(&target, parameter->name) == parameter);
        }
    }
    free(memory);
    return 0;
}
