#include <cstddef>
#include <cstdint>

#include "fuzz_target.hpp"

// What libFuzzer calls with every input; its name is given.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {  // NOLINT
  // No input at all may come as a null pointer, which no caller of ours would hand on.
  tributary::fuzz::run(size == 0 ? std::string_view("")
                                 : std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
