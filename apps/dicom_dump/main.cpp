// dicom_dump MODE FILE...: one line a file with what the reader makes of it, or {"error":"..."}.
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>

#include "base/utf8.h"
#include "dicom/json_filter.h"
#include "dicom/json_writer.h"
#include "dicom/part10_reader.h"
#include "dicom/xml.h"

namespace {

using namespace isocenter;

std::string standard_json(const dicom::DataSet& data_set) {
    dicom::JsonView view;
    view.strip_padding = true;
    std::string out;
    dicom::append_filtered(out, dicom::to_json(data_set), view);
    return out;
}

std::string to_text(ByteRange range) {
    return '[' + std::to_string(range.offset) + ',' + std::to_string(range.length) + ']';
}

std::string layout_json(const dicom::ObjectLayout& layout) {
    constexpr std::string_view kKinds[] = {"none", "native", "encapsulated", "unknown"};
    std::string out = "{\"kind\":\"";
    out.append(kKinds[static_cast<std::size_t>(layout.frames.kind)]).append("\",\"bigEndian\":");
    out.append(layout.big_endian ? "true" : "false").append(",\"deflated\":");
    out.append(layout.deflated ? "true" : "false").append(",\"dataSetOffset\":");
    out.append(std::to_string(layout.data_set_offset)).append(",\"frames\":[");
    const bool has_frames = layout.frames.kind == dicom::FrameTable::Kind::native ||
                            layout.frames.kind == dicom::FrameTable::Kind::encapsulated;
    for (std::uint32_t number = 1; has_frames && number <= layout.frames.frames; ++number) {
        out += number == 1 ? "{\"ranges\":[" : ",{\"ranges\":[";
        const auto ranges = layout.frames.ranges_of(number);
        for (std::size_t i = 0; i < ranges.size(); ++i)
            out.append(i == 0 ? "" : ",").append(to_text(ranges[i]));
        out.append("],\"bitOffset\":").append(std::to_string(layout.frames.bit_offset(number))).append("}");
    }
    out += "],\"bulk\":{";
    for (std::size_t i = 0; i < layout.bulk.size(); ++i) {
        const auto& bulk = layout.bulk[i];
        out.append(i == 0 ? "\"" : ",\"")
            .append(bulk.path)
            .append("\":{\"range\":")
            .append(to_text(bulk.range));
        out.append(",\"encapsulated\":").append(bulk.encapsulated ? "true}" : "false}");
    }
    return out + "}}";
}

Result<std::string> dump(std::string_view mode, const char* path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return fail(ErrorCode::not_found, "cannot open the file");
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    ISO_TRY(const auto object, dicom::read_part10(as_bytes(bytes)));
    if (mode == "--layout") return layout_json(object.layout);
    if (mode == "--xml") return dicom::to_xml(object.data_set);
    if (mode == "--xml-round-trip") {
        ISO_TRY(const auto back, dicom::read_xml(dicom::to_xml(object.data_set)));
        return standard_json(back);
    }
    return mode == "--stored" ? dicom::to_json(object.data_set) : standard_json(object.data_set);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) {
        std::cerr << "usage: dicom_dump --json|--stored|--layout|--xml|--xml-round-trip FILE...\n";
        return 2;
    }
    for (int i = 2; i < argc; ++i) {
        const auto text = dump(argv[1], argv[i]);
        if (text) {
            std::cout << *text << '\n';
            continue;
        }
        std::string message;
        append_json_escaped(message, text.error().message);
        std::cout << "{\"error\":\"" << message << "\"}\n";
    }
    return 0;
}
