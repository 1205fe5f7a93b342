// SPDX-License-Identifier: Apache-2.0
#include "models/periph/boot.h"

#include <gtest/gtest.h>

namespace tessera {
namespace {

/// What auipc a0 + addi a0 of the image leave in a0.
std::uint32_t entry_of(const std::array<std::uint32_t, 4>& image, std::uint32_t rom_base) {
  const auto low = static_cast<std::int32_t>(image[1]) >> 20;
  return rom_base + (image[0] & 0xFFFFF000) + static_cast<std::uint32_t>(low);
}

TEST(BootRom, IsTheProgramOfTheRtlsRom) {
  const auto image = boot_rom_image(0xA0000000, 0x80000000);
  EXPECT_EQ(image[0], 0xE0000517u);
  EXPECT_EQ(image[1], 0x00050513u);
  EXPECT_EQ(image[2], 0x10500073u);
  EXPECT_EQ(image[3], 0x00050067u);
}

TEST(BootRom, ReachesEveryEntry) {
  for (const std::uint32_t entry : {0x80000800u, 0x80000FFCu, 0x00000000u, 0xC0001234u}) {
    EXPECT_EQ(entry_of(boot_rom_image(0xA0000000, entry), 0xA0000000), entry);
  }
}

}  // namespace
}  // namespace tessera
