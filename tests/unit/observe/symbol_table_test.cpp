// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/symbol_table.h"

#include <gtest/gtest.h>

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

TEST(SymbolTable, ALabelInsideAFunctionIsNoFunction) {
  const SymbolTable table({{"main", 0x100, 0x20, 0x200},
                           {"loop", 0x110, 0, 0x200},
                           {"first", 0x140, 0, 0x200},
                           {"second", 0x148, 0, 0x200}});
  EXPECT_EQ(table.describe(0x114), "main+0x14");
  std::vector<std::string> names;
  for (const CodeRange& function : table.functions()) {
    names.push_back(function.name);
  }
  EXPECT_EQ(names, (std::vector<std::string>{"main", "first", "second"}));
  EXPECT_EQ(table.functions()[1].end, 0x148u);
  EXPECT_EQ(table.functions()[2].end, 0x200u);
  EXPECT_EQ(table.function_at(0x120), nullptr);
}

TEST(SymbolTable, NamesWhatIsNearADataAddress) {
  const SymbolTable table({{"main", 0x100, 0x20, 0x200}, {"table", 0x1000, 0x40, 0}});
  EXPECT_EQ(table.describe_nearest(0x104), "main+0x4");
  EXPECT_EQ(table.describe_nearest(0x1000), "table");
  EXPECT_EQ(table.describe_nearest(0x103C), "table+0x3c");
  EXPECT_EQ(table.describe_nearest(0x1040), "0x0 bytes behind table");
  EXPECT_EQ(table.describe_nearest(0x1050), "0x10 bytes behind table");
  EXPECT_EQ(table.describe_nearest(0x1040 + SymbolTable::kNearBytes), "");
  EXPECT_EQ(table.describe_nearest(0x80), "");
}

TEST(SymbolTable, FindsAddresses) {
  const SymbolTable table({{"main", 0x100, 0x20, 0x200}, {"data", 0x110, 4, 0}});
  EXPECT_EQ(table.find("data"), std::optional<std::uint32_t>(0x110));
  EXPECT_EQ(table.find("none"), std::nullopt);
  EXPECT_EQ(SymbolTable().describe(0), "");
}

}  // namespace
}  // namespace tessera
