// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "models/periph/control_regs.h"
#include "platform/soc.h"
#include "tests/support/rv32.h"
#include "tests/support/sinks.h"

namespace tessera::test {

/// A whole machine of 16 harts that starts a given program at the base of L2 without a boot ROM.
class SocBench : public testing::Test {
 protected:
  static constexpr std::uint32_t kL2 = 0x8000'0000;

  static SocConfig minpool() {
    SocConfig config;
    config.name = "minpool";
    config.cluster.core_tiles_per_group = 1;
    config.cluster.tile_slots_per_group = 1;
    config.ita.interface = ItaInterface::kNone;
    config.ita.count = 0;
    config.dma.beat_bytes = 32;
    config.boot.mode = BootMode::kL2;
    config.cluster.isa.trap_address = kL2;
    return config;
  }

  /// Builds the machine; call once per test.
  Soc& build(const SocConfig& config) {
    SocServices services{
        nullptr,
        errors_,
        [this](const char* data, std::size_t bytes) { console_.append(data, bytes); },
        {},
        {}};
    soc_ = std::make_unique<Soc>(config, services);
    return *soc_;
  }
  void load(std::uint32_t address, const rv32::Words& code) {
    ASSERT_TRUE(soc_->memory().write(address, code.data(), code.size() * 4));
  }
  std::uint32_t word(std::uint32_t address) {
    std::uint32_t value = 0;
    EXPECT_TRUE(soc_->memory().read(address, &value, 4));
    return value;
  }
  /// Code that ends the run with `value` from register a0.
  static void end_with_a0(rv32::Words& code) {
    using namespace rv32;
    li(code, kT0, CONTROL_BASE + CONTROL_MEMPOOL_EOC);
    append(code, {slli(kA0, kA0, 1), addi(kA0, kA0, 1), sw(kA0, kT0, 0), kLoopForever});
  }
  /// Code that puts every hart but 0 to sleep for good.
  static void only_hart_zero(rv32::Words& code) {
    using namespace rv32;
    append(code, {csrr(kT0, kMhartid), beq(kT0, kZero, 12), kWfi, beq(kZero, kZero, -4)});
  }

  GuestErrorRecorder errors_;
  std::string console_;
  std::unique_ptr<Soc> soc_;
};

}  // namespace tessera::test
