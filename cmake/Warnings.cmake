# Warnings are errors for our own code; third-party headers come in as SYSTEM.
add_library(isocenter_warnings INTERFACE)
target_compile_options(isocenter_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Woverloaded-virtual
  -Wcast-align -Wformat=2 -Wnull-dereference -Wimplicit-fallthrough -Wswitch -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports false positives of these inside Boost and libstdc++ once code is inlined into ours.
  target_compile_options(isocenter_warnings INTERFACE
    -Wduplicated-cond -Wlogical-op -Wno-null-dereference -Wno-maybe-uninitialized -Wno-restrict -Wno-array-bounds
    -Wno-stringop-overflow -Wno-stringop-overread -Wno-dangling-pointer)
endif()
if(ISOCENTER_SANITIZE)
  add_compile_options(-fsanitize=${ISOCENTER_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${ISOCENTER_SANITIZE})
  if(ISOCENTER_SANITIZE STREQUAL "thread")
    # Boost.Asio has a fence that ThreadSanitizer does not see; without this it is an error.
    add_compile_options(-Wno-tsan)
  endif()
endif()
