// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "models/base/log_sink.h"
#include "platform/observe/guest_errors.h"
#include "platform/observe/stat_writer.h"

namespace tessera {
namespace {

using Json = nlohmann::json;

class StatWriterTest : public ::testing::Test {
 protected:
  StatWriterTest() {
    for (int i = 0; i < 2; ++i) {
      StatGroup& hart = root_.add_group("hart[" + std::to_string(i) + "]");
      hart.add("instructions", "instructions", "retired", &instructions_[i]);
    }
    root_.add("requests", "count", "of all", [this] { return instructions_[0] * 2; });
  }

  std::uint64_t instructions_[2] = {5, 7};
  Cycles now_ = 0;
  StatGroup root_{"soc"};
  StatWriter make() {
    return StatWriter(
        {&root_}, [this] { return now_; }, Logger());
  }
};

TEST_F(StatWriterTest, EveryStatisticHasValueUnitAndDescription) {
  const Json json = Json::parse(make().json());
  EXPECT_EQ(json["schema"], "tessera-stats");
  EXPECT_EQ(json["stats"], Json::parse(R"({"soc.hart[0].instructions": 5,
                                           "soc.hart[1].instructions": 7, "soc.requests": 10})"));
  EXPECT_EQ(json["definitions"], Json::parse(R"({
    "soc.hart[*].instructions": {"unit": "instructions", "description": "retired"},
    "soc.requests": {"unit": "count", "description": "of all"}})"));
  EXPECT_EQ(json["regions"], Json::array());
}

TEST_F(StatWriterTest, RegionsAddUpWhatChangedInThem) {
  StatWriter writer = make();
  instructions_[0] = 100;
  writer.begin_region(3, 0);
  instructions_[0] += 10;
  now_ = 20;
  writer.end_region(3, 0);
  instructions_[0] += 1000;
  now_ = 500;
  writer.begin_region(3, 0);
  writer.begin_region(3, 1);
  instructions_[0] += 1;
  writer.end_region(3, 0);
  now_ = 507;
  instructions_[0] += 1;
  writer.end_region(3, 1);
  EXPECT_EQ(Json::parse(writer.json())["regions"],
            Json::parse(R"([{"id": 3, "times": 2, "cycles": 27,
                             "stats": {"soc.hart[0].instructions": 12, "soc.requests": 24}}])"));
}

TEST_F(StatWriterTest, AnOpenRegionEndsWithTheRunAndAStrayEndIsIgnored) {
  StatWriter writer = make();
  writer.end_region(1, 0);
  writer.begin_region(9, 0);
  now_ = 4;
  instructions_[1] = 8;
  EXPECT_EQ(Json::parse(writer.json())["regions"],
            Json::parse(R"([{"id": 9, "times": 1, "cycles": 4,
                             "stats": {"soc.hart[1].instructions": 1}}])"));
}

TEST_F(StatWriterTest, ARegionEndedByAHartThatIsBehindTakesNoTime) {
  StatWriter writer = make();
  now_ = 100;
  writer.begin_region(1, 0);
  now_ = 60;
  writer.end_region(1, 1);
  EXPECT_EQ(Json::parse(writer.json())["regions"][0]["cycles"], 0);
}

TEST_F(StatWriterTest, ARegionOfHartsThatAreSimulatedOneAfterTheOtherIsOpenOnce) {
  StatWriter writer = make();
  for (std::uint32_t hart = 0; hart < 2; ++hart) {
    now_ = 100 + 10 * hart;
    writer.begin_region(1, hart);
    instructions_[hart] += 50;
    now_ = 150 + 10 * hart;
    writer.end_region(1, hart);
    instructions_[hart] += 5;
  }
  now_ = 170;  // after the second hart's end, but told later
  writer.begin_region(1, 0);
  now_ = 171;
  writer.passed(171);
  writer.end_region(1, 0);
  EXPECT_EQ(Json::parse(writer.json())["regions"],
            Json::parse(R"([{"id": 1, "times": 2, "cycles": 61,
                             "stats": {"soc.hart[0].instructions": 50,
                                       "soc.hart[1].instructions": 50, "soc.requests": 100}}])"));
}

TEST_F(StatWriterTest, TheNumberOfRegionsIsLimited) {
  StatWriter writer = make();
  for (std::uint32_t id = 0; id < 2 * StatWriter::kMaxRegions; ++id) {
    writer.begin_region(id, 0);
    writer.end_region(id, 0);
  }
  EXPECT_EQ(Json::parse(writer.json())["regions"].size(), StatWriter::kMaxRegions);
}

TEST_F(StatWriterTest, ManyStrayRegionsMakeFewWarnings) {
  ::testing::internal::CaptureStderr();
  const auto log = std::make_shared<LogSink>(LogConfig{});
  StatWriter writer(
      {&root_}, [this] { return now_; }, Logger(log, "soc"));
  const auto mark = [&writer](std::uint32_t begin, std::uint32_t end) {
    for (std::uint32_t id = begin; id < end; ++id) {
      writer.end_region(id, 0);
      writer.begin_region(id, 0);
      writer.end_region(id, 0);
    }
  };
  mark(0, 2000);
  log->finish();
  const std::string text = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2 * (LogSink::kMaxRepeats + 1));
  EXPECT_NE(text.find("a region of interest ends but has not begun"), std::string::npos);
  EXPECT_NE(text.find("there are 256 regions of interest, all others are ignored"),
            std::string::npos);
  EXPECT_NE(text.find(fmt::format("(repeated {} times)", 3 * (2000 - 256))), std::string::npos);
}

TEST_F(StatWriterTest, DefinitionsAreListedOnce) {
  EXPECT_EQ(make().definitions_text(),
            "soc.requests                                         count          of all\n"
            "soc.hart[*].instructions                             instructions   retired\n");
}

class GuestErrorsTest : public ::testing::Test {
 protected:
  /// What reaches the log while `work` uses the sink.
  template <typename Work>
  std::string log_of(GuestErrorPolicy policy, Work work) {
    ::testing::internal::CaptureStderr();
    GuestErrors errors(policy, std::make_shared<LogSink>(LogConfig{}),
                       {[](std::uint32_t pc) { return pc == 0x100 ? "main+0x4" : ""; },
                        [this](const GuestError& error) {
                          return explains_ ? fmt::format("\n  pc {:#x} is known", error.pc) : "";
                        },
                        [this](const GuestError& error, const std::string& text) {
                          stops_.push_back(fmt::format("{}: {}", error.hart, text));
                        }});
    work(errors);
    errors.finish();
    total_ = errors.total();
    unmapped_ = errors.stats().value("unmapped_access");
    return ::testing::internal::GetCapturedStderr();
  }
  static GuestError unmapped(std::uint32_t hart, std::uint32_t pc) {
    return {GuestErrorKind::kUnmappedAccess, hart, pc, 0x70, "soc.axi", "nothing at 0x70"};
  }

  std::uint64_t total_ = 0, unmapped_ = 0;
  std::vector<std::string> stops_;
  bool explains_ = false;
};

TEST_F(GuestErrorsTest, EachPlaceIsWarnedAboutOnceAndCounted) {
  EXPECT_EQ(
      log_of(GuestErrorPolicy::kWarn,
             [](GuestErrors& errors) {
               errors.report(unmapped(3, 0x100));
               errors.report(unmapped(4, 0x100));
               errors.report(unmapped(3, 0x104));
               errors.report({GuestErrorKind::kDeviceMisuse, kNoHart, 0, 0, "soc.dma", "busy"});
             }),
      "[set-up] W soc.axi hart 3 pc=0x00000100 <main+0x4> unmapped_access: nothing at 0x70\n"
      "[set-up] W soc.axi hart 3 pc=0x00000104 unmapped_access: nothing at 0x70\n"
      "[set-up] W soc.dma device_misuse: busy\n"
      "[set-up] W soc.axi hart 3 pc=0x00000100 <main+0x4> unmapped_access: nothing at 0x70 "
      "(repeated 2 times)\n");
  EXPECT_EQ(total_, 4u);
  EXPECT_EQ(unmapped_, 3u);
  EXPECT_THAT(stops_, ::testing::IsEmpty());
}

TEST_F(GuestErrorsTest, AnErrorIsExplainedWhereItFirstHappensUpToALimit) {
  explains_ = true;
  const std::string log = log_of(GuestErrorPolicy::kWarn, [](GuestErrors& errors) {
    for (std::uint32_t i = 0; i < GuestErrors::kMaxExplained + 5; ++i) {
      errors.report(unmapped(0, 0x100 + 4 * i));
      errors.report(unmapped(0, 0x100 + 4 * i));
    }
  });
  std::size_t explained = 0;
  for (std::size_t at = log.find("is known"); at != std::string::npos;
       at = log.find("is known", at + 1)) {
    ++explained;
  }
  EXPECT_EQ(explained, GuestErrors::kMaxExplained);
  EXPECT_NE(log.find("nothing at 0x70\n  pc 0x100 is known\n"), std::string::npos) << log;
}

TEST_F(GuestErrorsTest, AnotherErrorAtTheSamePlaceIsWarnedAboutOtherNumbersAreNot) {
  EXPECT_EQ(
      log_of(GuestErrorPolicy::kWarn,
             [](GuestErrors& errors) {
               for (const char* text : {"full: 2 wait", "0x80ffa0 leaves memory",
                                        "0x9b leaves memory", "full: 3 wait"}) {
                 errors.report({GuestErrorKind::kDeviceMisuse, kNoHart, 0, 0, "soc.dma", text});
               }
             }),
      "[set-up] W soc.dma device_misuse: full: 2 wait\n"
      "[set-up] W soc.dma device_misuse: 0x80ffa0 leaves memory\n"
      "[set-up] W soc.dma device_misuse: 0x80ffa0 leaves memory (repeated 2 times)\n"
      "[set-up] W soc.dma device_misuse: full: 2 wait (repeated 2 times)\n");
}

TEST_F(GuestErrorsTest, StopPolicyAsksToStop) {
  explains_ = true;
  log_of(GuestErrorPolicy::kStop, [](GuestErrors& errors) { errors.report(unmapped(3, 0x100)); });
  EXPECT_THAT(stops_, ::testing::ElementsAre(
                          "3: hart 3 pc=0x00000100 <main+0x4> unmapped_access: nothing at 0x70\n"
                          "  pc 0x100 is known"));
}

TEST_F(GuestErrorsTest, TheNumberOfWarningsIsLimited) {
  const std::string text = log_of(GuestErrorPolicy::kWarn, [](GuestErrors& errors) {
    for (std::uint32_t i = 0; i < GuestErrors::kMaxWarnings + 5; ++i) {
      errors.report(unmapped(0, 4 * i));
    }
  });
  EXPECT_EQ(static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')),
            GuestErrors::kMaxWarnings + 1);
  EXPECT_NE(text.find("W guest_errors 5 more guest errors at other places, counted only"),
            std::string::npos);
}

}  // namespace
}  // namespace tessera
