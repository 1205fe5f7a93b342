// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/compressed_file.h"

#include <vector>

#include <zstd.h>

#include "platform/observe/output_file.h"

namespace tessera {

namespace {
// Logs are written beside a running simulation: a tenth of their size, in two thirds of the time
// of level 1.
constexpr int kLevel = -3;

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

struct Free {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};
}  // namespace

class CompressedFile::Impl {
 public:
  explicit Impl(const std::string& path) : file_(path) {
    if (ends_with(path, ".zst")) {
      context_.reset(ZSTD_createCCtx());
      ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, kLevel);
      output_.resize(ZSTD_CStreamOutSize());
    }
  }

  void write(std::string_view text, bool is_last) {
    if (!context_) {
      file_.write(text.data(), text.size());
      return;
    }
    ZSTD_inBuffer input{text.data(), text.size(), 0};
    for (bool is_done = false; !is_done;) {
      ZSTD_outBuffer output{output_.data(), output_.size(), 0};
      const std::size_t left = ZSTD_compressStream2(context_.get(), &output, &input,
                                                    is_last ? ZSTD_e_end : ZSTD_e_continue);
      if (ZSTD_isError(left) != 0) {
        file_.note_failure();
      }
      file_.write(output_.data(), output.pos);
      is_done = file_.is_bad() || (is_last ? left == 0 : input.pos == input.size);
    }
  }

  std::uint64_t bytes_written() const { return file_.bytes_written(); }

  void close() {
    if (!file_.is_open()) {
      return;
    }
    if (context_) {
      write("", true);
    }
    file_.close();
  }

 private:
  OutputFile file_;
  std::unique_ptr<ZSTD_CCtx, Free> context_;
  std::vector<char> output_;
};

CompressedFile::CompressedFile(const std::string& path) : impl_(std::make_unique<Impl>(path)) {}
CompressedFile::~CompressedFile() = default;
void CompressedFile::write(std::string_view text) {
  impl_->write(text, false);
}
std::uint64_t CompressedFile::bytes_written() const {
  return impl_->bytes_written();
}
void CompressedFile::close() {
  impl_->close();
}

}  // namespace tessera
