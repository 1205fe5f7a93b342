// SPDX-License-Identifier: Apache-2.0
// Lines of the commit log, and that frames and files hold just them.
#include "platform/observe/commit_log.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "models/base/observers.h"
#include "tests/unit/observe/zstd_text.h"

namespace tessera {
namespace {

using test::decompressed;

const std::string kPrefix = CommitLine::prefix(3);

CommitRecord load(std::uint32_t pc, std::uint32_t result, std::uint32_t address) {
  CommitRecord record;
  record.pc = pc;
  record.form.raw = 0x0005a503;
  record.form.rd = 10;
  record.form.bytes = 4;
  record.values = {result, 0, address, 0};
  return record;
}

CommitRecord access(AccessKind kind, std::uint8_t bytes, std::uint32_t data) {
  CommitRecord record = load(0x80000000, 0, 0x1230);
  record.form.kind = kind;
  record.form.bytes = bytes;
  record.values[CommitRecord::kData] = data;
  return record;
}

std::string line_of(const CommitRecord& record) {
  const CommitLine line(CommitKey{record.pc, record.form});
  std::string text = line.text;
  for (const CommitLine::Place& place : line.places) {
    text.replace(place.at, place.digits,
                 fmt::format("{:08x}", record.values[place.value]).substr(8 - place.digits));
  }
  return kPrefix + text;
}

/// A block log, and beside it the lines that it stands for.
class Log {
 public:
  Log() { log.clear(); }
  /// One after the other, of instructions of `block`.
  void add(const CodeBlock& block, const std::vector<CommitRecord>& records) {
    ASSERT_TRUE(log.cursor.has_room(records.size()));
    log.cursor.begin_run(block, records.front().pc, static_cast<std::uint32_t>(records.size()));
    for (const CommitRecord& record : records) {
      for (const CommitLine::Place& place : CommitLine({record.pc, record.form}).places) {
        const std::uint32_t value = record.values[place.value];
        if (place.digits == 8) {
          log.cursor.put(value);
        } else if (place.digits == 4) {
          log.cursor.put(static_cast<std::uint16_t>(value));
        } else {
          log.cursor.put(static_cast<std::uint8_t>(value));
        }
      }
      text += line_of(record);
    }
  }
  /// As a block of its own.
  void add(const CommitRecord& record) {
    blocks_.push_back(std::make_unique<CodeBlock>(CodeBlock{record.pc, {record.form}}));
    add(*blocks_.back(), {record});
  }

  BlockLog log;
  std::string text;

 private:
  std::vector<std::unique_ptr<CodeBlock>> blocks_;
};

std::vector<char> frame_of(CommitFrames& frames, const Log& log) {
  std::vector<char> frame;
  frames.compress(kPrefix, log.log, frame);
  return frame;
}

TEST(CommitLine, ShowsWhatAnInstructionDid) {
  CommitRecord record;
  record.pc = 0x80000abc;
  record.form.raw = 0x00000013;
  EXPECT_EQ(line_of(record), "core   3: 3 0x80000abc (0x00000013)\n");
  record.form.csr = 0x7d0;
  record.form.rd = 5;
  record.set_result(0xfedcba98);
  record.values[CommitRecord::kData] = 0x01234567;
  EXPECT_EQ(line_of(record),
            "core   3: 3 0x80000abc (0x00000013) x5  0xfedcba98 c2000_trace 0x01234567\n");
  EXPECT_EQ(line_of(access(AccessKind::kStore, 1, 0xab)),
            "core   3: 3 0x80000000 (0x0005a503) x10 0x00000000 mem 0x00001230 0xab\n");
}

TEST(CommitLine, ShowsRegistersInOrderAndOneOnce) {
  CommitRecord record = load(0x100, 0x55, 0x1000);
  record.form.incremented = 9;
  record.values[CommitRecord::kIncrement] = 0x1004;
  const std::string begin = "core   3: 3 0x00000100 (0x0005a503)";
  EXPECT_EQ(line_of(record), begin + " x9  0x00001004 x10 0x00000055 mem 0x00001000\n");
  record.form.incremented = 11;
  EXPECT_EQ(line_of(record), begin + " x10 0x00000055 x11 0x00001004 mem 0x00001000\n");
  record.form.incremented = 10;
  EXPECT_EQ(line_of(record), begin + " x10 0x00000055 mem 0x00001000\n");
}

TEST(CommitLine, AtomicsShowWhatTheirResultTells) {
  const std::string begin = "core   3: 3 0x80000000 (0x0005a503) x10 ";
  CommitRecord amo = access(AccessKind::kAmoAdd, 4, 3);
  amo.form.is_pending = true;
  EXPECT_EQ(line_of(amo), begin + "pending mem 0x00001230\n");
  amo.set_result(4);
  EXPECT_EQ(line_of(amo), begin + "0x00000004 mem 0x00001230 mem 0x00001230 0x00000007\n");
  CommitRecord conditional = access(AccessKind::kStoreConditional, 4, 3);
  conditional.set_result(0);
  EXPECT_EQ(line_of(conditional), begin + "0x00000000 mem 0x00001230 0x00000003\n");
  conditional.set_result(1);
  EXPECT_EQ(line_of(conditional), begin + "0x00000001\n");
}

TEST(CommitFrames, HoldTheLines) {
  CommitFrames frames;
  Log log;
  EXPECT_EQ(decompressed(frame_of(frames, log)), "");
  log.add(load(0x100, 1, 0x1000));
  EXPECT_EQ(decompressed(frame_of(frames, log)), log.text);
  // The same again, then one value or both changed in the first, last and all digits.
  for (const std::uint32_t change : {0u, 1u, 0x80000000u, 0x00100000u, 0xffffffffu}) {
    log.add(load(0x100, 1 ^ change, 0x1000));
    log.add(load(0x100, 1, 0x1000 ^ change));
    log.add(load(0x100, 1 ^ change, 0x1000 ^ change));
  }
  EXPECT_EQ(decompressed(frame_of(frames, log)), log.text);
}

TEST(CommitFrames, HoldCodeThatChanges) {
  CommitFrames frames;
  Log log;
  log.add(load(0x100, 1, 0x1000));
  CommitRecord other = load(0x100, 1, 0x1000);
  other.form.raw = 0x13;  // another word at the same pc
  other.form.bytes = 0;
  log.add(other);
  log.add(load(0x100, 2, 0x1000));
  log.add(load(0x100 + (1u << 14), 3, 0x1000));  // pcs that differ high up
  log.add(load(0x100, 4, 0x1000));
  CommitRecord pending = load(0x100, 0, 0x1000);
  pending.form.is_pending = true;
  log.add(pending);
  log.add(load(0x100, 5, 0x1000));
  EXPECT_EQ(decompressed(frame_of(frames, log)), log.text);
}

/// A piece of code with all kinds of lines.
class RandomCode {
 public:
  static constexpr std::uint32_t kBlocks = 3;
  static constexpr std::uint32_t kLength = 16;  ///< of each

  explicit RandomCode(std::uint64_t seed) : seed_(seed) {
    std::mt19937_64 random(seed);
    for (InstructionForm& form : forms_) {
      const std::array<std::uint8_t, 4> sizes = {0, 1, 2, 4};
      form.raw = static_cast<std::uint32_t>(random());
      form.bytes = sizes[random() % 4];
      form.rd = static_cast<std::uint8_t>(random() % 32);
      form.incremented = random() % 4 == 0 ? 7 : 0;
      form.kind = static_cast<AccessKind>(random() % 6);
      form.csr = random() % 8 == 0 ? 0x7d0 : 0;
    }
    for (std::uint32_t i = 0; i < kBlocks; ++i) {
      blocks_[i].pc = 0x80000000 + 4 * kLength * i;
      blocks_[i].instructions.assign(forms_.begin() + kLength * i,
                                     forms_.begin() + kLength * (i + 1));
    }
  }
  /// Up to `count` runs of blocks, whole and in part, the same each time.
  void run(Log& log, std::uint64_t count) const {
    std::mt19937_64 random(seed_);
    for (std::uint64_t i = 0; i < count && log.log.cursor.has_room(kLength); ++i) {
      const CodeBlock& block = blocks_[random() % 8 == 0 ? random() % kBlocks : i % kBlocks];
      const std::size_t first = random() % 8 == 0 ? random() % kLength : 0;
      const std::size_t length = kLength - first;
      const std::size_t num_retired = random() % 8 == 0 ? 1 + random() % length : length;
      std::vector<CommitRecord> records(num_retired);
      for (std::size_t at = 0; at < num_retired; ++at) {
        records[at].pc = block.pc + static_cast<std::uint32_t>(4 * (first + at));
        records[at].form = block.instructions[first + at];
        for (std::uint32_t& value : records[at].values) {
          value = static_cast<std::uint32_t>(random() >> random() % 64);
        }
      }
      const unsigned num_times = random() % 8 == 0 ? 5 : 1;  // also with the same values
      for (unsigned time = 0; time < num_times && log.log.cursor.has_room(kLength); ++time) {
        log.add(block, records);
      }
    }
  }

 private:
  const std::uint64_t seed_;
  std::array<InstructionForm, kBlocks * kLength> forms_;
  std::array<CodeBlock, kBlocks> blocks_;
};

TEST(CommitFrames, HoldBlocksInAnyOrder) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CommitFrames frames;
    const RandomCode code(seed);
    Log log;
    code.run(log, seed * seed * 5);
    const std::vector<char> frame = frame_of(frames, log);
    ASSERT_TRUE(decompressed(frame) == log.text) << "seed " << seed;
    EXPECT_LT(frame.size(), log.text.size() / 3 + 20'000);
  }
}

TEST(CommitFrames, LoopsThatWaitTakeNoSpace) {
  CommitFrames frames;
  Log log;
  const CodeBlock loop{0x100, {load(0x100, 0, 0).form, load(0x104, 0, 0).form}};
  for (int i = 0; i < 8000; ++i) {
    log.add(loop, {load(0x100, 1, 0x1000), load(0x104, 2, 0x1004)});
  }
  const std::vector<char> frame = frame_of(frames, log);
  EXPECT_TRUE(decompressed(frame) == log.text);
  EXPECT_LT(frame.size(), 1500u);
}

TEST(CommitFrames, HoldLongBlocks) {
  CommitFrames frames;
  Log log;
  CodeBlock page{0x80000000, {}};
  std::vector<CommitRecord> records;
  for (std::uint32_t i = 0; i < 1024; ++i) {
    records.push_back(load(page.pc + 4 * i, i, 4 * i));
    page.instructions.push_back(records.back().form);
  }
  for (int i = 0; i < 3; ++i) {  // the same each time, in part, with a difference at the end
    log.add(page, records);
    log.add(page, records);
    log.add(page, {records.begin() + 1000, records.end()});
    records.back().values[CommitRecord::kResult] += 0x1234567;
  }
  EXPECT_TRUE(decompressed(frame_of(frames, log)) == log.text);
}

TEST(CommitFrames, ForgetCodeThatChangesAllTheTime) {
  CommitFrames frames;
  std::vector<Log> logs;
  for (std::uint32_t frame = 0; frame < 20; ++frame) {
    Log log;
    for (std::uint32_t i = 0; i < 5000; ++i) {
      CommitRecord record = load(0x100 + 4 * (i % 7), i, 0x1000);
      record.form.raw = frame * 5000 + i;
      log.add(record);
    }
    ASSERT_TRUE(decompressed(frame_of(frames, log)) == log.text);
    logs.push_back(std::move(log));  // blocks live on
  }
}

TEST(CommitFrames, HoldLinesOutOfReachOfEachOther) {
  CommitFrames frames;
  Log log;
  log.add(load(0x100, 1, 0x1000));
  CodeBlock page{0x80000000, {}};
  std::vector<CommitRecord> records(1000);  // branches
  for (CommitRecord& record : records) {
    record.pc = page.pc + 4 * static_cast<std::uint32_t>(page.instructions.size());
    page.instructions.push_back(record.form);
  }
  while (log.text.size() < std::size_t{ZstdFrame::kMaxDistance} * 2) {
    log.add(page, records);
  }
  log.add(load(0x100, 2, 0x1000));
  EXPECT_TRUE(decompressed(frame_of(frames, log)) == log.text);
}

TEST(CommitFrames, DependOnTheirLogAlone) {
  CommitFrames fresh;
  CommitFrames used;
  Log other;
  const RandomCode other_code(1);
  other_code.run(other, 300);
  frame_of(used, other);
  const RandomCode code(2);
  Log log;
  code.run(log, 300);
  EXPECT_EQ(frame_of(fresh, log), frame_of(used, log));
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// Has a folder.
class CommitFilesTest : public ::testing::Test {
 protected:
  CommitFilesTest() { std::filesystem::create_directories(folder_); }
  ~CommitFilesTest() override { std::filesystem::remove_all(folder_); }

  const std::filesystem::path folder_ = std::filesystem::temp_directory_path() /
                                        fmt::format("commit_log_test.{}", std::random_device()());
};

using CommitLogTest = CommitFilesTest;

TEST_F(CommitLogTest, ResultsComeInAnyOrder) {
  const Observers observers;
  CommitLog log(folder_, TraceWindow(), observers, 1);
  RetiredInstruction amo;  // to x0
  amo.pc = 0x100;
  amo.is_result_pending = true;
  amo.access = {AccessKind::kAmoAdd, 4, 0x1000, 1, 7};
  log.retired(amo);
  amo.pc = 0x104;
  amo.access = {AccessKind::kAmoAdd, 4, 0x2000, 1, 8};
  log.retired(amo);
  log.load_returned(0, 8, 0x20, 50);
  log.load_returned(0, 9, 0x30, 51);  // of an instruction outside the window
  log.load_returned(0, 7, 0x10, 52);
  log.finish(60);
  EXPECT_EQ(decompressed(read_file(folder_ / "hart_0.log.zst")),
            "core   0: 3 0x00000100 (0x00000000) mem 0x00001000 mem 0x00001000 0x00000011\n"
            "core   0: 3 0x00000104 (0x00000000) mem 0x00002000 mem 0x00002000 0x00000021\n");
}

TEST_F(CommitLogTest, MayEndBeforeItIsFinished) {
  const Observers observers;
  CommitLog log(folder_, TraceWindow(), observers, 1);
  RetiredInstruction instruction;
  for (std::uint32_t i = 0; i < 20 * BlockLog::kMaxRuns; ++i) {
    instruction.pc = 4 * (i % 8192);
    instruction.raw = i % 8192;
    log.retired(instruction);
  }
}

class CommitLogWriterTest : public CommitFilesTest {
 protected:
  static constexpr std::uint32_t kHarts = 3;
  static constexpr std::uint64_t kChunks = 120;  // more than wait at a time

  CommitLogWriterTest() {
    for (std::uint64_t chunk = 0; chunk < kChunks; ++chunk) {
      codes_.push_back(std::make_unique<RandomCode>(chunk));
    }
  }
  /// What the files hold when harts write chunks in turns.
  std::vector<std::string> files(std::uint64_t max_bytes) {
    CommitLogWriter writer(max_bytes);
    std::vector<CommitFile*> open;
    for (std::uint32_t hart = 0; hart < kHarts; ++hart) {
      open.push_back(&writer.open(path(hart), hart));
    }
    for (std::uint64_t chunk = 0; chunk < kChunks; ++chunk) {
      Log log;
      codes_[chunk]->run(log, 30);
      writer.write(*open[chunk % kHarts], log.log);
      EXPECT_TRUE(log.log.is_empty());
    }
    writer.finish();
    std::vector<std::string> contents;
    for (std::uint32_t hart = 0; hart < kHarts; ++hart) {
      contents.push_back(read_file(path(hart)));
    }
    return contents;
  }
  std::string path(std::uint32_t hart) const { return folder_ / fmt::format("{}.zst", hart); }

  std::vector<std::unique_ptr<RandomCode>> codes_;
};

TEST_F(CommitLogWriterTest, FilesHoldTheirChunksInOrder) {
  const std::vector<std::string> contents = files(~std::uint64_t{0});
  std::string expected;
  for (std::uint64_t chunk = 1; chunk < kChunks; chunk += kHarts) {
    Log log;
    codes_[chunk]->run(log, 30);
    expected += log.text;
  }
  for (std::size_t at = expected.find("core   3"); at != std::string::npos;
       at = expected.find("core   3", at + 1)) {
    expected[at + 7] = '1';
  }
  EXPECT_TRUE(decompressed(contents[1]) == expected);
}

TEST_F(CommitLogWriterTest, FullFilesRepeat) {
  const std::vector<std::string> whole = files(~std::uint64_t{0});
  for (const std::uint64_t max_bytes :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{100000}}) {
    const std::vector<std::string> full = files(max_bytes);
    EXPECT_EQ(full, files(max_bytes));
    for (std::uint32_t hart = 0; hart < kHarts; ++hart) {
      const std::string text = decompressed(full[hart]);  // also where nothing was written
      EXPECT_TRUE(decompressed(whole[hart]).compare(0, text.size(), text) == 0);
      EXPECT_LT(full[hart].size(), whole[hart].size());
    }
  }
}

}  // namespace
}  // namespace tessera
