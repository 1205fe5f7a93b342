// SPDX-License-Identifier: Apache-2.0
// Malformed files are tested through the command line (tests/cli/test_elf.py).
#include <gtest/gtest.h>

#include "platform/elf_loader.h"

namespace tessera {
namespace {

TEST(SymbolTable, NamesTheFunctionThatHoldsAnAddress) {
  const SymbolTable table({{"main", 0x100, 0x20, 0x1A0},
                           {"_start", 0x80, 0, 0x1A0},
                           {"label", 0x180, 0, 0x1A0},
                           {"_etext", 0x1A0, 0, 0x1A0},
                           {"data", 0x110, 4, 0}});
  EXPECT_EQ(table.describe(0x7F), "");
  EXPECT_EQ(table.describe(0x80), "_start");
  EXPECT_EQ(table.describe(0xFC), "_start+0x7c") << "a label without size reaches to the next";
  EXPECT_EQ(table.describe(0x100), "main");
  EXPECT_EQ(table.describe(0x11C), "main+0x1c") << "data in between does not count";
  EXPECT_EQ(table.describe(0x120), "") << "behind the end of main";
  EXPECT_EQ(table.describe(0x190), "label+0x10");
  EXPECT_EQ(table.describe(0x1A0), "") << "a label without size ends with its section";
  EXPECT_EQ(table.describe(0xA0000000), "") << "and names nothing beyond it";
}

TEST(SymbolTable, OfTwoNamesForOneAddressTheFunctionIsFound) {
  const SymbolTable table({{"main", 0x100, 0x20, 0x200}, {"alias", 0x100, 0, 0x200}});
  EXPECT_EQ(table.describe(0x104), "main+0x4");
}

TEST(SymbolTable, FindsAddresses) {
  const SymbolTable table({{"main", 0x100, 0x20, 0x200}, {"data", 0x110, 4, 0}});
  EXPECT_EQ(table.find("data"), std::optional<std::uint32_t>(0x110));
  EXPECT_EQ(table.find("none"), std::nullopt);
  EXPECT_EQ(SymbolTable().describe(0), "");
}

}  // namespace
}  // namespace tessera
