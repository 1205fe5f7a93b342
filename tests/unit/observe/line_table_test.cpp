// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/line_table.h"

#include <gtest/gtest.h>

#include "platform/elf_loader.h"
#include "platform/observe/code_names.h"

namespace tessera {
namespace {

class LineTableTest : public ::testing::Test {
 protected:
  const ElfImage program_ = ElfImage::read(PROGRAM);
  const CodeNames names_{program_.symbols, program_.lines};
  const std::uint32_t inside_ = program_.symbols.find("inside").value();
  const std::uint32_t outer_ = program_.symbols.find("outer").value();
};

TEST_F(LineTableTest, TellsFileAndLineOfCode) {
  const SourceLine* source = program_.lines.find(inside_);
  ASSERT_NE(source, nullptr);
  EXPECT_EQ(source->file, "deep/inner.h");
  EXPECT_EQ(source->line, 11u);
  EXPECT_EQ(names_.line_text(outer_), "deep/outer.c:105");
  EXPECT_EQ(names_.describe(outer_), "outer (deep/outer.c:105)");
}

TEST_F(LineTableTest, TellsWhatWasInlinedFromTheInsideOut) {
  const std::vector<InlinedFrame> frames = program_.lines.frames(inside_);
  ASSERT_EQ(frames.size(), 3u);
  EXPECT_EQ(frames[0].function, "inner");
  EXPECT_EQ(frames[0].source.line, 11u);
  EXPECT_EQ(frames[1].function, "middle");
  EXPECT_EQ(frames[1].source.file, "deep/middle.h");
  EXPECT_EQ(frames[1].source.line, 21u);
  EXPECT_EQ(frames[2].function, "outer");
  EXPECT_EQ(frames[2].source.line, 107u);
  EXPECT_EQ(names_.describe_inlined(inside_),
            names_.symbols().describe(inside_) +
                " (inner deep/inner.h:11 in middle deep/middle.h:21 in outer deep/outer.c:107)");
  EXPECT_EQ(names_.describe_inlined(outer_), "outer (deep/outer.c:105)");
}

TEST_F(LineTableTest, KnowsNothingOutsideOfCode) {
  const CodeRange& outer = *program_.symbols.function_at(outer_);
  for (const std::uint32_t address : {0u, 4u, 0x7FFFFFFFu, static_cast<std::uint32_t>(outer.end)}) {
    EXPECT_EQ(program_.lines.find(address), nullptr) << address;
    EXPECT_EQ(names_.describe_inlined(address), "") << address;
  }
  for (const LineTable::Row& row : program_.lines.rows()) {
    EXPECT_GE(row.address, outer.begin) << "a function that the linker dropped";
    EXPECT_LE(row.address, outer.end);
  }
}

TEST(LineTable, OfAProgramWithoutDwarfIsEmpty) {
  for (const std::vector<std::uint8_t>& elf :
       {std::vector<std::uint8_t>{}, std::vector<std::uint8_t>(100, 0x7F)}) {
    const LineTable table(elf);
    EXPECT_EQ(table.find(0x80000000), nullptr);
    EXPECT_TRUE(table.frames(0x80000000).empty());
    EXPECT_TRUE(table.rows().empty());
  }
  EXPECT_EQ(LineTable().find(0), nullptr);
}

}  // namespace
}  // namespace tessera
