// SPDX-License-Identifier: Apache-2.0
// Malformed files are tested through the command line (tests/cli/test_elf.py).
#include <gtest/gtest.h>

#include "platform/elf_loader.h"

namespace tessera {
namespace {

TEST(SymbolTable, NamesTheFunctionThatHoldsAnAddress) {
  const SymbolTable table({{"main", 0x100, 0x20, true},
                           {"_start", 0x80, 0, true},
                           {"label", 0x180, 0, true},
                           {"data", 0x110, 4, false}});
  EXPECT_EQ(table.describe(0x7F), "");
  EXPECT_EQ(table.describe(0x80), "_start");
  EXPECT_EQ(table.describe(0xFC), "_start+0x7c") << "a label without size reaches to the next";
  EXPECT_EQ(table.describe(0x100), "main");
  EXPECT_EQ(table.describe(0x11C), "main+0x1c") << "data in between does not count";
  EXPECT_EQ(table.describe(0x120), "") << "behind the end of main";
  EXPECT_EQ(table.describe(0x190), "label+0x10");
}

TEST(SymbolTable, OfTwoNamesForOneAddressTheFunctionIsFound) {
  const SymbolTable table({{"main", 0x100, 0x20, true}, {"alias", 0x100, 0, true}});
  EXPECT_EQ(table.describe(0x104), "main+0x4");
}

TEST(SymbolTable, FindsAddresses) {
  const SymbolTable table({{"main", 0x100, 0x20, true}, {"data", 0x110, 4, false}});
  EXPECT_EQ(table.find("data"), std::optional<std::uint32_t>(0x110));
  EXPECT_EQ(table.find("none"), std::nullopt);
  EXPECT_EQ(SymbolTable().describe(0), "");
}

}  // namespace
}  // namespace tessera
