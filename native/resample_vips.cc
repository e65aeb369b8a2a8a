#include "resample_vips.h"

#include <algorithm>
#include <cstring>

#include "vips_kernels.h"

namespace impulse {
namespace {

/// Up to here the sum of a box fits in 16 bits, and the exact mean is a product.
constexpr int32_t kMaxWordBox = 256;
constexpr size_t kEnlargingRows = 4;

/// Deals out memory, or with none just counts.
class Arena {
 public:
  explicit Arena(uint8_t* memory) : memory_(memory) {}

  template <typename Element>
  Element* Take(size_t count) {
    const size_t at = used_;
    used_ += (count * sizeof(Element) + 63) / 64 * 64;
    return memory_ == nullptr ? nullptr : reinterpret_cast<Element*>(memory_ + at);
  }

  size_t used() const { return used_; }

 private:
  uint8_t* memory_;
  size_t used_ = 0;
};

bool HasAlpha(int32_t bands) { return bands == 2 || bands == 4; }

int32_t Boxes(int32_t size, int32_t box) { return (size - 1) / box + 1; }

int32_t Clamp(int32_t value, int32_t size) { return std::min(std::max(value, 0), size - 1); }

uint32_t BoxMultiplier(const VipsReduction& reduction) {
  const uint32_t whole = (uint32_t{1} << 24) / static_cast<uint32_t>(reduction.box);
  // One more makes it exact for boxes up to kMaxWordBox.
  return reduction.reciprocal ? whole : whole + 1;
}

/// The mean of one large box, from its sum and half the box.
uint8_t LargeMean(const VipsReduction& reduction, uint32_t sum) {
  if (!reduction.reciprocal) return static_cast<uint8_t>(sum / static_cast<uint32_t>(reduction.box));
  return static_cast<uint8_t>(sum * BoxMultiplier(reduction) >> 24);
}

/// Rows of the frame; colours are multiplied with alpha.
class SourceRows {
 public:
  SourceRows(const FrameRows& source, Arena& arena)
      : source_(source), alpha_(HasAlpha(source.bands())), own_(alpha_ || source.converts()) {
    if (source.converts()) raw_ = arena.Take<uint8_t>(source.row_bytes());
  }

  /// True where rows need memory of the caller's.
  bool own() const { return own_; }
  int32_t width() const { return source_.width(); }
  int32_t height() const { return source_.height(); }
  size_t bands() const { return static_cast<size_t>(source_.bands()); }
  size_t row_bytes() const { return source_.row_bytes(); }

  /// @param scratch `row_bytes()`, if `own()`
  const uint8_t* Row(int32_t y, uint8_t* scratch) const {
    if (!alpha_) return source_.Row(y, scratch);
    const uint8_t* from = source_.Row(y, raw_);
    const size_t step = bands();
    for (size_t i = 0; i < row_bytes(); i += step) {
      const uint8_t alpha = from[i + step - 1];
      const float factor = static_cast<float>(alpha) / 255.0f;
      for (size_t c = 0; c + 1 < step; c++) {
        scratch[i + c] = static_cast<uint8_t>(static_cast<float>(from[i + c]) * factor);
      }
      scratch[i + step - 1] = alpha;
    }
    return scratch;
  }

 private:
  const FrameRows& source_;
  const bool alpha_;
  const bool own_;
  uint8_t* raw_ = nullptr;
};

/// Rows after the reduction down the columns. They must be asked for in order.
class ShrunkRows {
 public:
  ShrunkRows(const VipsReduction* reduction, const SourceRows& source, Arena& arena)
      : reduction_(reduction), source_(source), box_(reduction == nullptr ? 1 : reduction->box) {
    stride_ = (source.row_bytes() + 63) / 64 * 64;
    if (reduction == nullptr) {
      row_ = arena.Take<uint8_t>(stride_);
      return;
    }
    boxes_ = Boxes(source.height(), box_);
    taps_ = VipsReduction::WeightStride(reduction->taps);
    rows_ = arena.Take<const uint8_t*>(static_cast<size_t>(taps_));
    row_ = arena.Take<uint8_t>(stride_);
    if (!buffered()) return;
    ring_ = arena.Take<uint8_t>(stride_ * static_cast<size_t>(reduction->taps));
    source_row_ = arena.Take<uint8_t>(stride_);
    if (box_ > 1) sums_ = arena.Take<uint32_t>(source.row_bytes());
  }

  /// Row `y`, of which only the bytes from `begin` up to `end` are worked out. Where it is the frame's own memory, nothing
  /// beyond them may be read.
  const uint8_t* Row(int32_t y, size_t begin, size_t end) {
    if (reduction_ == nullptr) return source_.Row(y, row_);
    const int32_t taps = reduction_->taps;
    const int32_t first = std::min(std::max(reduction_->first[static_cast<size_t>(y)], -taps), boxes_);
    for (int32_t t = 0; t < taps_; t++) rows_[t] = Box(Clamp(first + std::min(t, taps - 1), boxes_), begin, end) + begin;
    GetVipsKernels().weigh_rows(rows_, reduction_->Weights(static_cast<size_t>(y)), (taps + 1) / 2 * 2,
                                reduction_->bits, end - begin, row_ + begin);
    return row_;
  }

 private:
  bool buffered() const { return box_ > 1 || source_.own(); }

  /// Row `index` after the means of boxes.
  const uint8_t* Box(int32_t index, size_t begin, size_t end) {
    if (!buffered()) return source_.Row(index, nullptr);
    uint8_t* row = ring_ + stride_ * static_cast<size_t>(index % reduction_->taps);
    if (index < next_) return row;
    next_ = index + 1;
    if (box_ == 1) {
      const uint8_t* from = source_.Row(index, row);
      if (from != row) std::memcpy(row, from, source_.row_bytes());
    } else if (box_ <= kMaxWordBox) {
      AverageRows(index, begin, end, row);
    } else {
      AverageManyRows(index, begin, end, row);
    }
    return row;
  }

  /// Row `k` of a box; the last box repeats the last row.
  const uint8_t* BoxRow(int32_t index, int32_t k) const {
    const int64_t y = int64_t{index} * box_ + k;
    return source_.Row(static_cast<int32_t>(std::min<int64_t>(y, source_.height() - 1)), source_row_);
  }

  void AverageRows(int32_t index, size_t begin, size_t end, uint8_t* row) {
    const VipsKernels& kernels = GetVipsKernels();
    uint16_t* sums = reinterpret_cast<uint16_t*>(sums_);
    std::fill(sums + begin, sums + end, static_cast<uint16_t>(box_ / 2));
    for (int32_t k = 0; k < box_; k++) kernels.add_row(BoxRow(index, k) + begin, end - begin, sums + begin);
    kernels.divide(sums + begin, end - begin, BoxMultiplier(*reduction_), row + begin);
  }

  void AverageManyRows(int32_t index, size_t begin, size_t end, uint8_t* row) {
    std::fill(sums_ + begin, sums_ + end, static_cast<uint32_t>(box_ / 2));
    for (int32_t k = 0; k < box_; k++) {
      GetVipsKernels().add_row_wide(BoxRow(index, k) + begin, end - begin, sums_ + begin);
    }
    for (size_t i = begin; i < end; i++) row[i] = LargeMean(*reduction_, sums_[i]);
  }

  const VipsReduction* const reduction_;
  const SourceRows& source_;
  const int32_t box_;
  int32_t boxes_ = 0;
  int32_t taps_ = 0;
  size_t stride_ = 0;
  const uint8_t** rows_ = nullptr;
  uint8_t* row_ = nullptr;
  uint8_t* ring_ = nullptr;
  uint8_t* source_row_ = nullptr;
  uint32_t* sums_ = nullptr;
  /// Boxes before this one were worked out.
  int32_t next_ = 0;
};

/// Pixels of `kBands` bytes as four lanes.
template <size_t kBands, typename Lane>
void Spread(const uint8_t* from, size_t pixels, Lane* to) {
  for (size_t i = 0; i < pixels; i++, from += kBands, to += kLanes) {
    for (size_t c = 0; c < kLanes; c++) to[c] = c < kBands ? from[c] : 0;
  }
}

template <typename Lane>
void SpreadPixels(const uint8_t* from, size_t bands, size_t pixels, Lane* to) {
  switch (bands) {
    case 1:
      return Spread<1>(from, pixels, to);
    case 2:
      return Spread<2>(from, pixels, to);
    case 3:
      return Spread<3>(from, pixels, to);
    default:
      return Spread<4>(from, pixels, to);
  }
}

/// Sums of `box` pixels in four lanes; the last box may have fewer.
template <size_t kBands, typename Sum>
void SumBoxes(const uint8_t* from, size_t pixels, size_t box, Sum* to) {
  for (size_t begin = 0; begin < pixels; begin += box, to += kLanes) {
    Sum sums[kLanes] = {};
    const size_t end = std::min(begin + box, pixels);
    for (size_t i = begin; i < end; i++, from += kBands) {
      for (size_t c = 0; c < kBands; c++) sums[c] = static_cast<Sum>(sums[c] + from[c]);
    }
    for (size_t c = 0; c < kLanes; c++) to[c] = static_cast<Sum>(sums[c] + box / 2);
    // The last pixel stands for those that are missing.
    for (size_t c = 0; c < kBands; c++) to[c] = static_cast<Sum>(to[c] + (begin + box - end) * (from - kBands)[c]);
  }
}

template <typename Sum>
void SumBoxesOf(const uint8_t* from, size_t bands, size_t pixels, size_t box, Sum* to) {
  switch (bands) {
    case 1:
      return SumBoxes<1>(from, pixels, box, to);
    case 2:
      return SumBoxes<2>(from, pixels, box, to);
    case 3:
      return SumBoxes<3>(from, pixels, box, to);
    default:
      return SumBoxes<4>(from, pixels, box, to);
  }
}

/// Rows after both reductions, as pixels of four bytes. They must be asked for in order.
class ReducedRows {
 public:
  /// @param from_x column that a row begins with where columns are not reduced
  ReducedRows(const VipsResample& resample, const FrameRows& source, int32_t from_x, int32_t width, Arena& arena)
      : reduction_(resample.columns ? &*resample.columns : nullptr),
        source_(source, arena),
        shrunk_(resample.rows ? &*resample.rows : nullptr, source_, arena),
        from_x_(from_x),
        width_(width),
        height_(resample.rows ? static_cast<int32_t>(resample.rows->first.size()) : source.height()) {
    out_ = arena.Take<uint8_t>(static_cast<size_t>(width) * kLanes);
    if (reduction_ == nullptr) {
      begin_ = static_cast<size_t>(from_x) * source_.bands();
      end_ = begin_ + static_cast<size_t>(width) * source_.bands();
      return;
    }
    boxes_ = Boxes(source.width(), reduction_->box);
    // The boxes that any tap reaches; the ends of the axis stand for those beyond it.
    const int32_t taps = reduction_->taps;
    first_box_ = Clamp(reduction_->first.front(), boxes_);
    last_box_ = Clamp(std::min(reduction_->first.back(), boxes_) + taps - 1, boxes_);
    begin_ = static_cast<size_t>(first_box_) * static_cast<size_t>(reduction_->box) * source_.bands();
    const int64_t end = std::min<int64_t>((int64_t{last_box_} + 1) * reduction_->box, source.width());
    end_ = static_cast<size_t>(end) * source_.bands();
    const size_t reached = static_cast<size_t>(last_box_ - first_box_) + 1;
    // Before and after them, room for taps beyond the ends.
    wide_ = arena.Take<int16_t>((reached + 2 * static_cast<size_t>(taps) + 8) * kLanes);
    if (reduction_->box > kMaxWordBox) sums_ = arena.Take<uint32_t>(reached * kLanes);
  }

  int32_t width() const { return width_; }
  int32_t height() const { return height_; }

  const uint8_t* Row(int32_t y) {
    const uint8_t* row = shrunk_.Row(y, begin_, end_) + begin_;
    const size_t bands = source_.bands();
    if (reduction_ == nullptr) {
      SpreadPixels(row, bands, static_cast<size_t>(width_), out_);
      return out_;
    }
    const int32_t taps = reduction_->taps;
    int16_t* boxes = wide_ + static_cast<size_t>(taps) * kLanes;
    Average(row, boxes);
    RepeatEnds(boxes, taps);
    // Where all taps lie beyond an end, nearer ones give the same.
    const ColumnTaps columns = {reduction_->first.data(),   first_box_ - taps,
                                last_box_ + 1,              reduction_->phase.data(),
                                reduction_->weights.data(), VipsReduction::WeightStride(taps),
                                reduction_->bits};
    GetVipsKernels().weigh_columns(columns, wide_, static_cast<size_t>(width_), out_);
    return out_;
  }

 private:
  void Average(const uint8_t* row, int16_t* boxes) {
    const size_t bands = source_.bands();
    const size_t pixels = (end_ - begin_) / bands;
    const size_t box = static_cast<size_t>(reduction_->box);
    const size_t count = (static_cast<size_t>(last_box_ - first_box_) + 1) * kLanes;
    if (box == 1) return SpreadPixels(row, bands, pixels, boxes);
    if (box > kMaxWordBox) {
      SumBoxesOf(row, bands, pixels, box, sums_);
      for (size_t i = 0; i < count; i++) boxes[i] = LargeMean(*reduction_, sums_[i]);
      return;
    }
    uint16_t* sums = reinterpret_cast<uint16_t*>(boxes);
    // All but the last: that may be short, and four bytes of its last pixel are not there.
    const size_t inner = bands >= 3 ? (pixels - 1) / box : 0;
    GetVipsKernels().sum_boxes(row, bands, inner, box, sums);
    SumBoxesOf(row + inner * box * bands, bands, pixels - inner * box, box, sums + inner * kLanes);
    GetVipsKernels().divide_words(sums, count, BoxMultiplier(*reduction_));
  }

  void RepeatEnds(int16_t* boxes, int32_t taps) const {
    const size_t pixel = kLanes * sizeof(int16_t);
    int16_t* end = boxes + (static_cast<size_t>(last_box_ - first_box_) + 1) * kLanes;
    for (int32_t i = 1; i <= taps; i++) std::memcpy(boxes - static_cast<size_t>(i) * kLanes, boxes, pixel);
    // A few more than there are taps: their weights are zero.
    for (int32_t i = 0; i < taps + 8; i++) std::memcpy(end + static_cast<size_t>(i) * kLanes, end - kLanes, pixel);
  }

  const VipsReduction* const reduction_;
  const SourceRows source_;
  ShrunkRows shrunk_;
  const int32_t from_x_;
  const int32_t width_;
  const int32_t height_;
  int32_t boxes_ = 0;
  int32_t first_box_ = 0;
  int32_t last_box_ = 0;
  /// Bytes of the rows that are needed.
  size_t begin_ = 0;
  size_t end_ = 0;
  uint8_t* out_ = nullptr;
  int16_t* wide_ = nullptr;
  uint32_t* sums_ = nullptr;
};

/// Rows of the enlarged picture, as pixels of four bytes. They must be asked for in order.
class EnlargedRows {
 public:
  EnlargedRows(const VipsEnlargement& taps, ReducedRows& source, Arena& arena)
      : taps_(taps), source_(source), count_(taps.columns.first.size() * kLanes) {
    for (int32_t*& row : ring_) row = arena.Take<int32_t>(count_);
    out_ = arena.Take<uint8_t>(count_);
  }

  const uint8_t* Row(int32_t y) {
    const size_t at = static_cast<size_t>(y);
    const int32_t height = source_.height();
    const int32_t first = std::min(std::max(taps_.rows.first[at], -4), height);
    const int16_t* weights = taps_.rows.weights.data() + at * 4;
    const int32_t* rows[4];
    for (int32_t t = 0; t < 4; t++) rows[t] = Across(Clamp(first + t, height));
    for (size_t i = 0; i < count_; i++) {
      int32_t sum = 2048;
      for (size_t t = 0; t < 4; t++) sum += rows[t][i] * weights[t];
      out_[i] = static_cast<uint8_t>(std::min(std::max(sum >> 12, 0), 255));
    }
    return out_;
  }

 private:
  /// Row `y` of the source, enlarged along itself; rounded, but not to bytes.
  const int32_t* Across(int32_t y) {
    int32_t* out = ring_[static_cast<size_t>(y) % kEnlargingRows];
    if (y < next_) return out;
    next_ = y + 1;
    const uint8_t* row = source_.Row(y);
    const int32_t width = source_.width();
    for (size_t x = 0; x < taps_.columns.first.size(); x++) {
      const int32_t first = std::min(std::max(taps_.columns.first[x], -4), width);
      const int16_t* weights = taps_.columns.weights.data() + x * 4;
      int32_t sums[kLanes] = {2048, 2048, 2048, 2048};
      for (int32_t t = 0; t < 4; t++) {
        const uint8_t* pixel = row + static_cast<size_t>(Clamp(first + t, width)) * kLanes;
        for (size_t c = 0; c < kLanes; c++) sums[c] += pixel[c] * weights[t];
      }
      for (size_t c = 0; c < kLanes; c++) out[x * kLanes + c] = sums[c] >> 12;
    }
    return out;
  }

  const VipsEnlargement& taps_;
  ReducedRows& source_;
  const size_t count_;
  int32_t* ring_[kEnlargingRows] = {};
  uint8_t* out_ = nullptr;
  /// Rows before this one were enlarged.
  int32_t next_ = 0;
};

uint8_t Unmultiply(uint8_t colour, float factor) {
  return static_cast<uint8_t>(std::min(255.0f, static_cast<float>(colour) * factor));
}

/// R G B from pixels of four bytes.
void StoreRow(const uint8_t* from, int32_t bands, size_t pixels, uint8_t* to) {
  for (size_t i = 0; i < pixels; i++, from += kLanes, to += 3) {
    if (bands == 3) {
      std::memcpy(to, from, 3);
    } else if (bands == 1) {
      to[0] = to[1] = to[2] = from[0];
    } else {
      const uint8_t alpha = from[bands - 1];
      const float factor = alpha == 0 ? 0.0f : 255.0f / static_cast<float>(alpha);
      for (int c = 0; c < 3; c++) to[c] = Unmultiply(from[bands == 4 ? c : 0], factor);
    }
  }
}

/// All the steps, or with an arena without memory just what they need.
void Run(const VipsResample& resample, const FrameRows& source, const PixelPatch& patch, Arena& arena, bool counting) {
  const bool enlarged = resample.enlargement.has_value();
  const int32_t from_x = enlarged ? 0 : patch.from_x;
  const int32_t whole = resample.columns ? static_cast<int32_t>(resample.columns->first.size()) : source.width();
  ReducedRows reduced(resample, source, from_x, enlarged ? whole : patch.width, arena);
  const size_t pixels = static_cast<size_t>(patch.width);
  if (enlarged) {
    EnlargedRows rows(*resample.enlargement, reduced, arena);
    for (int32_t j = 0; j < patch.height && !counting; j++) StoreRow(rows.Row(j), source.bands(), pixels, patch.Row(j));
    return;
  }
  const int32_t from_y = resample.rows ? 0 : patch.from_y;
  for (int32_t j = 0; j < patch.height && !counting; j++) {
    StoreRow(reduced.Row(from_y + j), source.bands(), pixels, patch.Row(j));
  }
}

}  // namespace

size_t VipsScratchBytes(const VipsResample& resample, const FrameRows& source, const PixelPatch& patch) {
  Arena arena(nullptr);
  Run(resample, source, patch, arena, true);
  return arena.used();
}

void ResampleVips(const VipsResample& resample, const FrameRows& source, const PixelPatch& patch, uint8_t* scratch) {
  Arena arena(scratch);
  Run(resample, source, patch, arena, false);
}

}  // namespace impulse
