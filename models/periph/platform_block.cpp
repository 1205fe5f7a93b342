// SPDX-License-Identifier: Apache-2.0
#include "models/periph/platform_block.h"

#include "models/base/error.h"
#include "models/periph/platform_block_regs.h"

namespace tessera {

namespace {
constexpr std::uint32_t kUnmappedValue = 0;

struct NamedOffset {
  const char* name;
  std::uint32_t offset;
};
constexpr NamedOffset kMachineRegisters[] = {
    {"NUM_HARTS", PLATFORM_BLOCK_NUM_HARTS},
    {"HARTS_PER_TILE", PLATFORM_BLOCK_HARTS_PER_TILE},
    {"CORE_TILES_PER_GROUP", PLATFORM_BLOCK_CORE_TILES_PER_GROUP},
    {"TILE_SLOTS_PER_GROUP", PLATFORM_BLOCK_TILE_SLOTS_PER_GROUP},
    {"NUM_GROUPS", PLATFORM_BLOCK_NUM_GROUPS},
    {"BANKS_PER_TILE", PLATFORM_BLOCK_BANKS_PER_TILE},
    {"BANK_BYTES", PLATFORM_BLOCK_BANK_BYTES},
    {"SEQ_BYTES_PER_HART", PLATFORM_BLOCK_SEQ_BYTES_PER_HART},
    {"L1_BYTES", PLATFORM_BLOCK_L1_BYTES},
    {"CORE_L1_BYTES", PLATFORM_BLOCK_CORE_L1_BYTES},
    {"L2_BASE", PLATFORM_BLOCK_L2_BASE},
    {"L2_BYTES", PLATFORM_BLOCK_L2_BYTES},
    {"CONTROL_VARIANT", PLATFORM_BLOCK_CONTROL_VARIANT},
    {"NUM_ITAS", PLATFORM_BLOCK_NUM_ITAS},
    {"ITA_INTERFACE", PLATFORM_BLOCK_ITA_INTERFACE},
    {"ITA_FLAVOUR", PLATFORM_BLOCK_ITA_FLAVOUR},
    {"ITA_BASE", PLATFORM_BLOCK_ITA_BASE},
    {"ITA_STRIDE", PLATFORM_BLOCK_ITA_STRIDE},
    {"ITA_L1_BASE", PLATFORM_BLOCK_ITA_L1_BASE},
    {"ITA_L1_BYTES", PLATFORM_BLOCK_ITA_L1_BYTES},
    {"ATTENTION_ENGINE_BASE", PLATFORM_BLOCK_ATTENTION_ENGINE_BASE},
    {"CLOCK_KHZ", PLATFORM_BLOCK_CLOCK_KHZ},
};
}  // namespace

PlatformBlock::PlatformBlock(const sc_core::sc_module_name& name, const ClockDomain& clock,
                             const std::map<std::uint32_t, std::uint32_t>& values,
                             RegionOfInterest on_region, const TimingControl& timing)
    : RegisterDevice(name, clock, kUnmappedValue) {
  registers_.add_word("MAGIC", PLATFORM_BLOCK_MAGIC, RegisterMode::kReadOnly,
                      PLATFORM_BLOCK_MAGIC_VALUE);
  registers_.add_word("VERSION", PLATFORM_BLOCK_VERSION, RegisterMode::kReadOnly,
                      PLATFORM_BLOCK_VERSION_VALUE);
  for (const NamedOffset& machine_register : kMachineRegisters) {
    const auto value = values.find(machine_register.offset);
    TESSERA_CHECK(value != values.end(), "{}: no value for {}", this->name(),
                  machine_register.name);
    registers_.add_word(machine_register.name, machine_register.offset, RegisterMode::kReadOnly,
                        value->second);
  }
  registers_.add_word("TIMING", PLATFORM_BLOCK_TIMING)
      .value_from([read = timing.read](Cycles) { return read(); })
      .on_write(timing.write);
  const auto add_region = [&](const char* register_name, std::uint32_t offset, bool begins) {
    registers_.add_word(register_name, offset, RegisterMode::kWriteOnly)
        .on_write([on_region, begins](std::uint32_t id, const RegisterAccess& access) {
          if (on_region) {
            on_region(access.hart, id, begins);
          }
        });
  };
  add_region("ROI_BEGIN", PLATFORM_BLOCK_ROI_BEGIN, true);
  add_region("ROI_END", PLATFORM_BLOCK_ROI_END, false);
  registers_.check_complete();
}

}  // namespace tessera
