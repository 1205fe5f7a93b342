# Cross-compiles firmware and guest programs to ${CMAKE_BINARY_DIR}/sw/*.elf.
#
# Plain custom commands instead of a second CMake project: one build graph, and a change of a
# header rebuilds what includes it.

find_program(GUEST_CC riscv64-unknown-elf-gcc REQUIRED)
find_program(GUEST_AR riscv64-unknown-elf-ar REQUIRED)

# Debian's compiler has no multilib for rv32ima and would silently take the 64-bit libgcc: link
# with that of rv32im by name.
execute_process(COMMAND ${GUEST_CC} -march=rv32im -mabi=ilp32 -print-libgcc-file-name
                OUTPUT_VARIABLE guest_libgcc OUTPUT_STRIP_TRAILING_WHITESPACE
                COMMAND_ERROR_IS_FATAL ANY)

# Debug information names sources relative to the project, whatever the folder of the build. The
# assembler knows only the second kind of map; of several that fit, the last one counts.
set(guest_prefix_maps -ffile-prefix-map=${CMAKE_SOURCE_DIR}/= -fdebug-prefix-map=${CMAKE_SOURCE_DIR}/=
    -fdebug-prefix-map=${CMAKE_BINARY_DIR}=.)

set(guest_flags -march=rv32ima_zicsr_zifencei -mabi=ilp32 -mcmodel=medany -O3 -g
    -ffreestanding -fno-builtin-printf -fno-common -fno-tree-loop-distribute-patterns
    -ffunction-sections -fdata-sections
    -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Werror
    -Wframe-larger-than=160 # of 512 bytes of stack
    -I${CMAKE_SOURCE_DIR} ${guest_prefix_maps})
set(guest_link_script ${CMAKE_SOURCE_DIR}/firmware/boot/link.ld)
set(guest_dir ${CMAKE_BINARY_DIR}/guest)
set(guest_libraries ${guest_dir}/libkernels.a ${guest_dir}/libfirmware.a) # in the order of linking
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/sw)

# guest_objects(VARIABLE source...): compiles each source (relative to the project) and returns
# the objects.
function(guest_objects variable)
  set(objects)
  foreach(source ${ARGN})
    set(object ${guest_dir}/${source}.o)
    get_filename_component(directory ${object} DIRECTORY)
    file(MAKE_DIRECTORY ${directory})
    set(language -std=gnu11)
    if(source MATCHES "\\.S$")
      set(language -D__ASSEMBLER__)
    elseif(source MATCHES "^sw/kernels/")
      list(APPEND language -O2) # short loops: a tile's instruction cache has 2 KiB
    endif()
    add_custom_command(
      OUTPUT ${object}
      COMMAND ${CMAKE_C_COMPILER_LAUNCHER} ${GUEST_CC} ${guest_flags} ${language} -MD -MF ${object}.d
              -c ${CMAKE_SOURCE_DIR}/${source} -o ${object}
      DEPENDS ${CMAKE_SOURCE_DIR}/${source}
      DEPFILE ${object}.d
      COMMENT "Guest object ${source}" VERBATIM)
    list(APPEND objects ${object})
  endforeach()
  set(${variable} ${objects} PARENT_SCOPE)
endfunction()

# guest_elf(ELF source...): links sources (relative to the project) into an ELF file.
function(guest_elf elf)
  guest_objects(objects ${ARGN})
  get_filename_component(name ${elf} NAME)
  add_custom_command(
    OUTPUT ${elf}
    COMMAND ${GUEST_CC} ${guest_flags} -nostartfiles -nostdlib -static -Wl,--gc-sections
            -Wl,--fatal-warnings -Wl,--no-warn-rwx-segments -Wl,-z,max-page-size=0x1000
            -T ${guest_link_script} ${guest_start} ${objects} ${guest_libraries}
            ${guest_libgcc} -o ${elf}
    DEPENDS ${guest_start} ${objects} ${guest_libraries} ${guest_link_script}
    COMMENT "Guest program ${name}" VERBATIM)
endfunction()

# guest_program(NAME source...): sources relative to sw/; the result is sw/NAME.elf.
function(guest_program name)
  list(TRANSFORM ARGN PREPEND sw/)
  guest_elf(${CMAKE_BINARY_DIR}/sw/${name}.elf ${ARGN})
  set_property(GLOBAL APPEND PROPERTY guest_elfs ${CMAKE_BINARY_DIR}/sw/${name}.elf)
endfunction()

# guest_library(NAME pattern...): all sources that match (relative to the project) as an archive.
function(guest_library name)
  file(GLOB sources RELATIVE ${CMAKE_SOURCE_DIR} CONFIGURE_DEPENDS ${ARGN})
  guest_objects(objects ${sources})
  set(library ${guest_dir}/lib${name}.a)
  add_custom_command(
    OUTPUT ${library}
    COMMAND ${CMAKE_COMMAND} -E rm -f ${library}
    COMMAND ${GUEST_AR} rcsD ${library} ${objects}
    DEPENDS ${objects}
    COMMENT "Guest library ${name}" VERBATIM)
endfunction()

guest_objects(guest_start firmware/boot/crt0.S)
guest_library(firmware ${CMAKE_SOURCE_DIR}/firmware/runtime/*.c
              ${CMAKE_SOURCE_DIR}/firmware/drivers/*.c)
guest_library(kernels ${CMAKE_SOURCE_DIR}/sw/kernels/*.c ${CMAKE_SOURCE_DIR}/sw/kernels/*.S)

include(${CMAKE_SOURCE_DIR}/sw/programs.cmake)

get_property(guest_elfs GLOBAL PROPERTY guest_elfs)
add_custom_target(guest ALL DEPENDS ${guest_elfs})
