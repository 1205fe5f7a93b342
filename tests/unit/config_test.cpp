// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fstream>
#include <limits>

#include <gtest/gtest.h>

#include "models/base/config_tree.h"
#include "models/base/error.h"
#include "models/base/text.h"

namespace tessera {
namespace {

std::uint64_t number(const std::string& text) {
  return std::get<std::uint64_t>(parse_unsigned(text));
}
std::string problem(const std::string& text) {
  return std::get<std::string>(parse_unsigned(text));
}

TEST(Numbers, DecimalHexUnderscoresAndSizes) {
  EXPECT_EQ(number("0"), 0u);
  EXPECT_EQ(number("1_000"), 1000u);
  EXPECT_EQ(number("0x8000_0000"), 0x80000000u);
  EXPECT_EQ(number("0xFfFf"), 0xFFFFu);
  EXPECT_EQ(number("64KiB"), 65536u);
  EXPECT_EQ(number("64 KiB"), 65536u);
  EXPECT_EQ(number("0x10MiB"), 16u << 20);
  EXPECT_EQ(number("3GiB"), 3ull << 30);
  EXPECT_EQ(number("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
}

TEST(Numbers, WhatYamlOrCWouldMisreadIsRefused) {
  EXPECT_EQ(problem("010"), "a leading 0 is ambiguous (octal or decimal?) in '010'");
  for (const char* text : {"", "KiB", "0x", "1__0", "_1", "1_", "-1", "1.5", "1e3", "64KB", "abc",
                           "0xg", "64  KiB", " 1"}) {
    EXPECT_NE(problem(text).find("is not a whole number"), std::string::npos) << text;
  }
  EXPECT_EQ(problem("18446744073709551616"), "'18446744073709551616' does not fit 64 bits");
  EXPECT_EQ(problem("0xFFFFFFFFFFFFGiB"), "'0xFFFFFFFFFFFFGiB' does not fit 64 bits");
}

TEST(Numbers, BytesAreWrittenInTheLargestWholeUnit) {
  EXPECT_EQ(format_bytes(16u << 20), "16MiB");
  EXPECT_EQ(format_bytes(1536), "1536");
  EXPECT_EQ(format_bytes(1ull << 30), "1GiB");
  EXPECT_EQ(format_bytes(0), "0");
}

TEST(Spelling, NearestIsFoundAndFarIsNot) {
  const std::vector<std::string> keys{"num_banks", "bank_bytes", "latency_cycles"};
  EXPECT_EQ(nearest_spelling("num_bank", keys), "num_banks");
  EXPECT_EQ(nearest_spelling("latncy_cycels", keys), "latency_cycles");
  EXPECT_EQ(nearest_spelling("zzz", keys), "");
}

/// A small machine with its files in a folder of its own.
class ConfigTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(::testing::TempDir()) /
              ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name, const std::string& text) {
    const std::string path = folder_ / name;
    std::ofstream(path) << text;
    return path;
  }
  /// Reads the keys of the small machine.
  void read() {
    const ConfigNode chip = tree_.root().child("chip", "the chip");
    banks_ = chip.get_power_of_two("num_banks", 16, 1, 64, "", "banks");
    bytes_ = chip.get_unsigned("bank_bytes", 1024, 4, 65536, "bytes", "of one bank");
    base_ = chip.get_unsigned("base", 0x80000000, 0, 0xFFFFFFFF, "address", "first byte");
    enabled_ = chip.get_bool("enabled", true, "on or off");
    name_ = chip.get_string("name", "small", "any text");
    mode_ = chip.get_choice("mode", "fast", {"fast", "exact"}, "assumption: how");
    const ConfigNode uart = chip.child("uart", "console");
    depth_ = uart.get_unsigned("depth", 8, 1, 16, "bytes", "fifo");
    chip_ = chip;
  }
  /// The message of check(), with the folder's name taken out; empty when nothing is wrong.
  std::string problems() {
    read();
    try {
      tree_.check();
    } catch (const ConfigError& error) {
      return without_folder(error.what());
    }
    return "";
  }
  std::string without_folder(std::string text) const {
    const std::string prefix = folder_.string() + "/";
    for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix)) {
      text.erase(at, prefix.size());
    }
    return text;
  }
  std::string problems_of(const std::string& text) {
    tree_.load_file(file("a.yaml", text));
    return problems();
  }

  std::filesystem::path folder_;
  ConfigTree tree_;
  ConfigNode chip_;
  std::uint64_t banks_ = 0, bytes_ = 0, base_ = 0, depth_ = 0;
  std::size_t mode_ = 0;
  bool enabled_ = false;
  std::string name_;
};

TEST_F(ConfigTest, DefaultsHoldWithoutAnyFile) {
  EXPECT_EQ(problems(), "");
  EXPECT_EQ(banks_, 16u);
  EXPECT_EQ(depth_, 8u);
  EXPECT_TRUE(enabled_);
  EXPECT_EQ(name_, "small");
  EXPECT_EQ(mode_, 0u);
}

TEST_F(ConfigTest, LaterFilesAndSetWinAndMapsMerge) {
  tree_.load_file(
      file("a.yaml", "chip:\n  num_banks: 8\n  bank_bytes: 2KiB\n  uart: {depth: 4}\n"));
  tree_.load_file(file("b.yaml", "chip:\n  bank_bytes: 4_096\n  mode: exact\n"));
  tree_.set("chip.uart.depth=0x10");
  tree_.set("chip.name=big one");
  EXPECT_EQ(problems(), "");
  EXPECT_EQ(banks_, 8u);
  EXPECT_EQ(bytes_, 4096u);
  EXPECT_EQ(depth_, 16u);
  EXPECT_EQ(mode_, 1u);
  EXPECT_EQ(name_, "big one");
  EXPECT_EQ(without_folder(chip_.cite("bank_bytes")), "chip.bank_bytes = 4KiB (b.yaml:2:15)");
  EXPECT_EQ(chip_.cite("name"), "chip.name = big one (--set chip.name=big one)");
  EXPECT_EQ(chip_.cite("enabled"), "chip.enabled = true (default)");
}

TEST_F(ConfigTest, IncludesAreReadBeforeTheFileThatNamesThem) {
  std::filesystem::create_directories(folder_ / "sub");
  file("sub/base.yaml", "chip: {num_banks: 4, bank_bytes: 64}\n");
  tree_.load_file(file("top.yaml", "include: [sub/base.yaml]\nchip: {num_banks: 32}\n"));
  EXPECT_EQ(problems(), "");
  EXPECT_EQ(banks_, 32u);
  EXPECT_EQ(bytes_, 64u);
}

TEST_F(ConfigTest, IncludeProblemsNameTheFile) {
  file("loop.yaml", "include: [loop.yaml, missing.yaml, {a: 1}]\n");
  tree_.load_file(folder_ / "loop.yaml");
  EXPECT_EQ(problems(),
            "loop.yaml:1:11: include: 'loop.yaml' includes itself\n"
            "loop.yaml:1:22: include: no such file 'missing.yaml'\n"
            "loop.yaml:1:36: include: expected a file name, got a map");
}

TEST_F(ConfigTest, AnIncludeThatIsNoListIsRefused) {
  EXPECT_EQ(problems_of("include: b.yaml\n"),
            "a.yaml:1:10: include: expected a list of file names, got 'b.yaml'");
}

TEST_F(ConfigTest, UnknownKeyNamesPlaceSpellingAndWhatIsAllowed) {
  EXPECT_EQ(problems_of("chip:\n  uart:\n    dept: 3\n"),
            "a.yaml:3:5: chip.uart.dept: unknown key; did you mean 'depth'? allowed: depth");
}

TEST_F(ConfigTest, UnknownKeyAtTheTop) {
  EXPECT_EQ(problems_of("chips: {}\n"),
            "a.yaml:1:1: chips: unknown key; did you mean 'chip'? allowed: chip");
}

TEST_F(ConfigTest, UnknownKeyOfSet) {
  tree_.set("chip.colour=red");
  EXPECT_EQ(
      problems(),
      "--set chip.colour=red: chip.colour: unknown key; allowed: num_banks, bank_bytes, base, "
      "enabled, name, mode, uart");
}

TEST_F(ConfigTest, DuplicateKeyIsRefusedAndNamesTheFirst) {
  EXPECT_EQ(problems_of("chip:\n  num_banks: 8\n  uart: {depth: 2, depth: 3}\n  num_banks: 4\n"),
            "a.yaml:3:20: chip.uart.depth: duplicate key; first given at line 3\n"
            "a.yaml:4:3: chip.num_banks: duplicate key; first given at line 2");
}

TEST_F(ConfigTest, WrongTypesAndRangesAreAllReportedInOneGo) {
  EXPECT_EQ(problems_of("chip:\n"
                        "  num_banks: 48\n"
                        "  bank_bytes: 1MiB\n"
                        "  base: [1, 2]\n"
                        "  enabled: yes\n"
                        "  name: {a: 1}\n"
                        "  mode: exat\n"
                        "  uart: 5\n"),
            "a.yaml:2:14: chip.num_banks: expected an integer 1..64 and a power of two, got '48'\n"
            "a.yaml:3:15: chip.bank_bytes: expected an integer 4..64KiB, got '1MiB'\n"
            "a.yaml:4:9: chip.base: expected an integer 0x00000000..0xFFFFFFFF, got a list\n"
            "a.yaml:5:12: chip.enabled: expected false|true, got 'yes'\n"
            "a.yaml:6:9: chip.name: expected text, got a map\n"
            "a.yaml:7:9: chip.mode: expected fast|exact, got 'exat'; did you mean 'exact'?\n"
            "a.yaml:8:9: chip.uart: expected a map of keys, got '5'");
  EXPECT_EQ(banks_, 16u) << "a refused value leaves the default";
}

TEST_F(ConfigTest, OctalQuotedAndMissingNumbersAreRefused) {
  EXPECT_EQ(
      problems_of("chip:\n  num_banks: 010\n  bank_bytes: \"64\"\n  base:\n"),
      "a.yaml:2:14: chip.num_banks: expected an integer 1..64 and a power of two; a leading 0 "
      "is ambiguous (octal or decimal?) in '010'\n"
      "a.yaml:3:15: chip.bank_bytes: expected an integer 4..64KiB, got \"64\" in quotes\n"
      "a.yaml:4:3: chip.base: expected an integer 0x00000000..0xFFFFFFFF, got nothing");
}

TEST_F(ConfigTest, WhatIsNoConfigurationIsRefused) {
  EXPECT_EQ(problems_of("- 1\n- 2\n"), "a.yaml:1:1: expected a map of keys, got a list");
}

TEST_F(ConfigTest, BrokenYamlNamesThePlace) {
  EXPECT_EQ(problems_of("chip:\n  name: [1, 2\n  mode: fast\n").substr(0, 28),
            "a.yaml:3:7: not valid YAML: ");
}

TEST_F(ConfigTest, YamlFeaturesThatHideValuesAreRefused) {
  EXPECT_EQ(problems_of("chip: {uart: &u {depth: 2}, name: *u, <<: 1, uart.depth: 4}\n"),
            "a.yaml:1:29: chip.name: expected text, got nothing\n"
            "a.yaml:1:35: aliases (*name) are not supported; use include: to share values\n"
            "a.yaml:1:39: '<<' is not supported; use include: to share values\n"
            "a.yaml:1:39: chip.<<: unknown key; allowed: num_banks, bank_bytes, base, enabled, "
            "name, mode, uart\n"
            "a.yaml:1:46: 'uart.depth': a key in a file is one word; nest maps instead of dots");
}

TEST_F(ConfigTest, ASecondDocumentIsRefused) {
  EXPECT_EQ(problems_of("chip: {}\n---\nchip: {}\n"),
            "a.yaml:3:1: a second YAML document; only one per file is allowed");
}

TEST_F(ConfigTest, FilesThatAreNotThere) {
  tree_.load_file("/no/such/file.yaml");
  tree_.load_file(folder_);
  EXPECT_EQ(problems(),
            "/no/such/file.yaml: no such file\n" + folder_.string() + ": cannot read this file");
}

TEST_F(ConfigTest, MalformedSets) {
  for (const char* assignment : {"chip", "=1", ".a=1", "chip.=1", "chip..name=1"}) {
    tree_.set(assignment);
  }
  tree_.set("chip.name=\"open");
  const std::string text = problems();
  EXPECT_NE(text.find("--set chip: expected a.b.c=value\n--set =1: expected a.b.c=value\n"
                      "--set .a=1: expected a.b.c=value\n--set chip.=1: expected a.b.c=value\n"
                      "--set chip..name=1: expected a.b.c=value\n"
                      "--set chip.name=\"open: not valid YAML: "),
            std::string::npos)
      << text;
}

TEST_F(ConfigTest, OnlyTheFirstTwentyProblemsAreListed) {
  std::string text = "chip:\n";
  for (int i = 0; i < 23; ++i) {
    text += "  k" + std::to_string(i) + ": 1\n";
  }
  const std::string message = problems_of(text);
  EXPECT_NE(message.find("a.yaml:21:3: chip.k19"), std::string::npos) << message;
  EXPECT_EQ(message.find("chip.k20"), std::string::npos) << message;
  EXPECT_NE(message.find("\nand 3 more problems"), std::string::npos) << message;
}

TEST_F(ConfigTest, CrossFieldProblemsNameTheirPlace) {
  tree_.load_file(file("a.yaml", "chip:\n  num_banks: 8\n"));
  read();
  chip_.report("num_banks", "does not suit " + chip_.cite("bank_bytes"));
  try {
    tree_.check();
    FAIL() << "no error";
  } catch (const ConfigError& error) {
    EXPECT_EQ(without_folder(error.what()),
              "a.yaml:2:14: chip.num_banks: does not suit chip.bank_bytes = 1KiB (default)");
  }
}

TEST_F(ConfigTest, DumpFedBackGivesTheSameConfiguration) {
  tree_.set("chip.name=\"a: \\\"quoted\\\" # name\"");
  tree_.set("chip.num_banks=4");
  tree_.set("chip.uart={depth: 3}");
  ASSERT_EQ(problems(), "");
  ASSERT_EQ(name_, "a: \"quoted\" # name");
  const std::string annotated = tree_.dump(true);
  const std::string plain = tree_.dump(false);
  EXPECT_NE(annotated.find("  bank_bytes: 1KiB                      # bytes, default: of one bank"),
            std::string::npos)
      << annotated;
  tree_ = ConfigTree();
  EXPECT_EQ(problems_of(annotated), "");
  EXPECT_EQ(tree_.dump(false), plain);
  EXPECT_EQ(depth_, 3u);
}

TEST_F(ConfigTest, AssumptionsAreMarked) {
  ASSERT_EQ(problems(), "");
  std::vector<std::string> assumptions;
  for (const ConfigParameter& parameter : tree_.parameters()) {
    if (parameter.is_assumption()) {
      assumptions.push_back(parameter.path);
    }
  }
  EXPECT_EQ(assumptions, std::vector<std::string>{"chip.mode"});
}

TEST(ConfigNode, ANullNodeGivesDefaults) {
  const ConfigNode node = ConfigNode().child("chip", "");
  EXPECT_EQ(node.get_unsigned("a", 5, 0, 9, "", ""), 5u);
  EXPECT_TRUE(node.get_bool("b", true, ""));
  EXPECT_EQ(node.get_string("c", "text", ""), "text");
  EXPECT_EQ(node.get_choice("d", "y", {"x", "y"}, ""), 1u);
}

}  // namespace
}  // namespace tessera
