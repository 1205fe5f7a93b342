# Programs that use MemPool's runtime names (firmware/mempool): one ELF per machine,
# ${CMAKE_BINARY_DIR}/sw/mempool/<machine>/<name>.elf.

set(mempool_machines minpool mempool)
set(minpool_cores 16)
set(minpool_tiles_per_group 1)
set(mempool_cores 256)
set(mempool_tiles_per_group 16)

# Those of the programs whose cycles were measured on the RTL: shared/golden/README.md.
set(mempool_flags -march=rv32ima_zicsr_zifencei -mabi=ilp32 -O3 -g -ffreestanding -fno-builtin-printf
    -fno-builtin-memcpy -fno-builtin-memset -fno-common -fno-tree-loop-distribute-patterns
    -mcmodel=medany -I${CMAKE_SOURCE_DIR} -I${CMAKE_SOURCE_DIR}/firmware/mempool
    ${guest_prefix_maps})
set(mempool_link_script ${CMAKE_SOURCE_DIR}/firmware/mempool/link.ld)

# mempool_object(MACHINE OBJECT SOURCE flag...): compiles an absolute path.
function(mempool_object machine object source)
  get_filename_component(directory ${object} DIRECTORY)
  file(MAKE_DIRECTORY ${directory})
  add_custom_command(
    OUTPUT ${object}
    COMMAND ${CMAKE_C_COMPILER_LAUNCHER} ${GUEST_CC} ${mempool_flags}
            -DNUM_CORES=${${machine}_cores} -DNUM_CORES_PER_TILE=4
            -DNUM_TILES_PER_GROUP=${${machine}_tiles_per_group} ${ARGN}
            -MD -MF ${object}.d -c ${source} -o ${object}
    DEPENDS ${source}
    DEPFILE ${object}.d
    COMMENT "Guest object ${object}" VERBATIM)
endfunction()

foreach(machine IN LISTS mempool_machines)
  set(directory ${guest_dir}/mempool/${machine})
  foreach(source crt0.S synchronization.c)
    mempool_object(${machine} ${directory}/${source}.o
                   ${CMAKE_SOURCE_DIR}/firmware/mempool/${source}
                   -ffunction-sections -Wall -Wextra -Werror)
    list(APPEND ${machine}_runtime ${directory}/${source}.o)
  endforeach()
endforeach()

# mempool_program(MACHINE NAME SOURCE flag...): the result is sw/mempool/MACHINE/NAME.elf. SOURCE is
# an absolute path.
function(mempool_program machine name source)
  set(object ${guest_dir}/mempool/${machine}/${name}.o)
  set(elf ${CMAKE_BINARY_DIR}/sw/mempool/${machine}/${name}.elf)
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/sw/mempool/${machine})
  mempool_object(${machine} ${object} ${source} ${ARGN})
  math(EXPR sequential_bytes "512 * ${${machine}_cores}")
  math(EXPR l1_bytes "4096 * ${${machine}_cores}")
  # The program's object comes first: its code then begins where it begins in the measured programs.
  add_custom_command(
    OUTPUT ${elf}
    COMMAND ${GUEST_CC} ${mempool_flags} -nostartfiles -nostdlib -static -Wl,--fatal-warnings
            -Wl,--no-warn-rwx-segments -Wl,--defsym=sequential_bytes=${sequential_bytes}
            -Wl,--defsym=l1_bytes=${l1_bytes} -T ${mempool_link_script} ${object}
            ${${machine}_runtime} -o ${elf}
    DEPENDS ${object} ${${machine}_runtime} ${mempool_link_script}
    COMMENT "Guest program sw/mempool/${machine}/${name}.elf" VERBATIM)
  set_property(GLOBAL APPEND PROPERTY mempool_elfs ${elf})
endfunction()

foreach(machine IN LISTS mempool_machines)
  mempool_program(${machine} cycle_tables
                  ${CMAKE_SOURCE_DIR}/tests/golden/mempool/cycle_tables.c -Wall -Wextra -Werror)
endforeach()

# The microbenchmarks measured on the RTL; their sources are not the project's, so no warnings.
set(microbenchmarks ${TESSERA_SHARED}/golden/mempool/ubench)
if(EXISTS ${microbenchmarks}/ub.h)
  foreach(name multi extra xpulp random)
    mempool_program(minpool ub_${name} ${microbenchmarks}/ub_${name}.c -w)
  endforeach()
  # ub_single was measured before its sources were what they are: see the page in
  # tests/golden/mempool. One fence less behind each loop gives the layout of then.
  set(as_measured ${guest_dir}/mempool/as_measured)
  file(READ ${microbenchmarks}/ub.h header)
  set(loop_end "bnez t0,1b\\n csrr %2,mcycle\\n csrr %3,minstret\\n")
  string(REPLACE "${loop_end} fence\\n" "${loop_end}" header "${header}")
  file(CONFIGURE OUTPUT ${as_measured}/ub.h CONTENT "${header}" @ONLY)
  configure_file(${microbenchmarks}/ub_single.c ${as_measured}/ub_single.c COPYONLY)
  mempool_program(minpool ub_single ${as_measured}/ub_single.c -w)
  mempool_program(minpool ub_random_hot ${microbenchmarks}/ub_random.c -w -DHOT)
  mempool_program(mempool ub_extra ${microbenchmarks}/ub_extra.c -w)
  foreach(machine IN LISTS mempool_machines)
    mempool_program(${machine} ub_multi_small ${microbenchmarks}/ub_multi.c -w -DSMALL)
  endforeach()
endif()

get_property(mempool_elfs GLOBAL PROPERTY mempool_elfs)
add_custom_target(mempool_programs ALL DEPENDS ${mempool_elfs})
