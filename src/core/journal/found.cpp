#include "core/journal/found.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace tributary::journal {
namespace {

// What a record in a view's block tells.
constexpr std::uint64_t kMember = 1, kGroup = 2, kMarker = 3, kLength = 4, kMixed = 5;
constexpr std::uint32_t kMostLanes = 1 << 16;  // a marker of 1 MiB lists fewer members

std::span<const char> bytes_of(const HeldBlock& block) { return {block.data(), block.size()}; }

std::uint32_t next_record(std::uint32_t begin, const Record& record) {
  return begin + kRecordHead + static_cast<std::uint32_t>(record.payload.size());
}

// Length and ends of lanes; nothing if the view did not end.
void read_end(std::string_view text, ViewNote& about) {
  about.length.reset();
  about.ends.clear();
  for (std::size_t at = 0; at + 8 <= text.size(); at += 8) {
    const auto number = read_number(text.data() + at, 8);
    if (at == 0) {
      about.length = number;
    } else {
      about.ends.push_back(number);
    }
  }
}

FoundView read_view(HeldBlock block) {
  FoundView view;
  view.note_used = kBlockHead;
  while (const auto record = read_record(bytes_of(block), view.note_used, block.salt())) {
    view.note_used = next_record(view.note_used, *record);
    auto& about = view.about;
    const auto text = record->payload;
    if (record->word == kMember) about.member = text;
    if (record->word == kGroup) about.group = text;
    if (record->word == kMarker) about.marker = text;
    if (record->word == kMixed) about.mixed = true;
    if (record->word == kLength) read_end(text, about);
  }
  view.note_block = std::move(block);
  return view;
}

FoundBlock read_lane_block(HeldBlock block, const BlockHead& head) {
  FoundBlock found;
  found.first_rank = head.first_rank;
  found.before = head.before;
  std::uint32_t begin = kBlockHead;
  while (const auto record = read_record(bytes_of(block), begin, block.salt())) {
    const auto before = found.words.empty() ? head.before : position_in(found.words.back());
    if (position_in(record->word) <= before) break;
    begin = next_record(begin, *record);
    found.ends.push_back(begin);
    found.words.push_back(record->word);
  }
  found.block = std::move(block);
  return found;
}

// Puts a lane's blocks in order, and finds its holes. What is there twice counts once.
void put_in_order(std::vector<FoundBlock>& lane, std::uint64_t& behind_holes) {
  std::ranges::sort(lane, {}, &FoundBlock::first_rank);
  std::vector<FoundBlock> ordered;
  for (auto& block : lane) {
    if (block.ends.empty()) continue;
    const auto* before = ordered.empty() ? nullptr : &ordered.back();
    const auto begin = before ? before->first_rank + before->ends.size() : block.first_rank;
    if (block.first_rank < begin) continue;
    block.behind_hole =
        before && (block.first_rank != begin || position_in(before->words.back()) != block.before);
    ordered.push_back(std::move(block));
  }
  lane = std::move(ordered);
  const auto hole = std::ranges::find_if(lane, &FoundBlock::behind_hole);
  for (auto block = hole; block != lane.end(); ++block) behind_holes += block->ends.size();
}

}  // namespace

void abandon(FoundView& view) {
  view.note_block.abandon();
  for (auto& lane : view.lanes) {
    for (auto& block : lane) block.block.abandon();
  }
}

StoredNote StoredNote::write(Storage& storage, const ViewNote& about, std::uint32_t lanes) {
  const auto size = about.group.size() + about.member.size() + about.marker.size() + std::size_t{32} * lanes +
                    8 * kBlockOverhead;  // three ends
  StoredNote note({storage.take(size), &storage}, kBlockHead);
  if (!note) return note;
  const Block block{note.block_.data(), note.block_.size(), note.block_.salt()};
  // Free until it is whole: the marker is its last word.
  write_block_head(block, {BlockKind::view, block.salt, 0, 0});
  note.add(kMember, about.member);
  note.add(kGroup, about.group);
  note.add(kMarker, about.marker);
  return note;
}

void StoredNote::add(std::uint64_t what, std::string_view text) {
  // Lengths are noted once or twice in a view's life; a block that is full of them keeps the last one.
  if (!block_ || used_ + kRecordHead + text.size() + kPayloadPadding > block_.size()) return;
  std::copy(text.begin(), text.end(), block_.data() + used_ + kRecordHead);
  const auto length = static_cast<std::uint32_t>(text.size());
  seal_record(block_.data(), used_, length, what, block_.salt());
  used_ += kRecordHead + length;
}

void StoredNote::end(std::uint64_t length, const std::vector<std::uint64_t>& ends) {
  std::string text(8 * (1 + ends.size()), 0);
  write_number(text.data(), length, 8);
  for (std::size_t i = 0; i < ends.size(); ++i) write_number(text.data() + 8 * (i + 1), ends[i], 8);
  add(kLength, text);
}

void StoredNote::no_end() { add(kLength, {}); }

void StoredNote::mixed() { add(kMixed, {}); }

Found find_views(std::vector<HeldBlock> blocks) {
  Found found;
  std::map<std::uint64_t, FoundView> views;
  std::vector<std::pair<BlockHead, HeldBlock>> of_lanes;
  for (auto& block : blocks) {
    const auto read = read_block_head(bytes_of(block));
    if (!read) continue;
    if (read->head.kind == BlockKind::view) {
      views.emplace(read->salt, read_view(std::move(block)));
    } else if (read->head.kind == BlockKind::lane) {
      of_lanes.emplace_back(read->head, std::move(block));
    }
  }
  std::erase_if(views, [](const auto& view) { return view.second.about.marker.empty(); });
  for (auto& [head, block] : of_lanes) {
    const auto view = views.find(head.view);
    if (view == views.end() || head.lane >= kMostLanes) {
      ++found.orphans;
      continue;
    }
    auto& lanes = view->second.lanes;
    if (lanes.size() <= head.lane) lanes.resize(head.lane + 1);
    lanes[head.lane].push_back(read_lane_block(std::move(block), head));
  }
  for (auto& [salt, view] : views) {
    for (auto& lane : view.lanes) put_in_order(lane, found.behind_holes);
    found.views.push_back(std::move(view));
  }
  return found;
}

}  // namespace tributary::journal
