#include "codec/picture.h"

#include <gtest/gtest.h>

#include <random>

namespace isocenter::codec {
namespace {

class StringSink final : public ByteSink {
  public:
    Status write(ByteView bytes) override {
        if (full) return fail(ErrorCode::too_large, "full");
        text += as_text(bytes);
        return {};
    }
    std::string text;
    bool full = false;
};

std::string from_hex(std::string_view hex) {
    std::string bytes;
    for (std::size_t i = 0; i < hex.size(); i += 2)
        bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
    return bytes;
}

struct Decoded {
    dicom::ImageHeader header;
    std::string pixels;
};

using Decoder = Result<dicom::ImageHeader> (*)(ByteSource&, ByteSink&);

Result<Decoded> decode(Decoder decoder, const std::string& bytes) {
    const auto stream = make_string_source(bytes);
    StringSink sink;
    ISO_TRY(const dicom::ImageHeader header, decoder(*stream, sink));
    return Decoded{header, sink.text};
}

void expect_picture(Decoder decoder, std::string_view hex, const char* shape, std::string_view pixels) {
    const auto decoded = decode(decoder, from_hex(hex));
    ASSERT_TRUE(decoded) << shape;
    const dicom::ImageHeader& header = decoded->header;
    EXPECT_EQ(std::to_string(header.frames) + "x" + std::to_string(header.rows) + "x" +
                  std::to_string(header.columns) + "x" + std::to_string(header.samples_per_pixel) + " " +
                  std::to_string(header.bits_stored) + " " + std::string(header.photometric_interpretation),
              shape);
    EXPECT_EQ(decoded->pixels, from_hex(pixels)) << shape;
    EXPECT_EQ(header.transfer_syntax, "1.2.840.10008.1.2.1");
}

// Written by Pillow 13.
constexpr std::string_view kGrey8 =
    "89504e470d0a1a0a0000000d49484452000000050000000308000000007e5d9a240000001549444154789c6364d0d0d0d060"
    "62676767678790000afc00ec0cad88da0000000049454e44ae426082";
constexpr std::string_view kGrey16 =
    "89504e470d0a1a0a0000000d49484452000000050000000310000000002ecd46670000001749444154789c63646050178040"
    "16065f0601084462020025330200453fb7010000000049454e44ae426082";
constexpr std::string_view kRgb =
    "89504e470d0a1a0a0000000d4948445200000005000000030802000000d45452af0000001a49444154789c63646060d06060"
    "84231606374606060442e7030027040144c3ef9a160000000049454e44ae426082";
constexpr std::string_view kRgba =
    "89504e470d0a1a0a0000000d49484452000000050000000308060000005b36c5f80000001d49444154789c6364606060d060"
    "603442c62c0c6e8c0c0c0ca818ab200059f9020c6c7446220000000049454e44ae426082";
constexpr std::string_view kGreyAlpha =
    "89504e470d0a1a0a0000000d4948445200000005000000030804000000f13f0d730000001549444154789c636460d0308240"
    "267606184462020028d901b4858abd920000000049454e44ae426082";
constexpr std::string_view kOneBit =
    "89504e470d0a1a0a0000000d4948445200000005000000030100000000734df8550000000e49444154789c63086058c11000"
    "0003de014977c088e10000000049454e44ae426082";
constexpr std::string_view kPalette =
    "89504e470d0a1a0a0000000d494844520000000500000003020300000026582d6b00000009504c544501020328323c070809"
    "d97cefee0000000274524e53ff00e5b7304a0000001149444154789c6394d0606260606260000001fc0046c7ed1a87000000"
    "0049454e44ae426082";
constexpr std::string_view kInterlaced =
    "89504e470d0a1a0a0000000d494844520000000a00000009080000000159cad2590000007849444154789c016d0092ff0000"
    "a00008a800500058000454a4002878002c7c00308000022a527aa200062e567ea600143c648cb400163e668eb60018406890"
    "b8001a426a92ba001c446c94bc000115293d5165798da1b50003172b3f53677b8fa3b70005192d4155697d91a5b900071b2f"
    "43576b7f93a7bb530f210debbe07ed0000000049454e44ae426082";
constexpr std::string_view kAnimation =
    "47494638396104000300910300ff000000ff000000ff09090921f90405050000002c00000000040003000002080408306142"
    "8952010021f90409050000002c0100010002000100000202140a0021f9040c050000002c00000000010003004002038cb802"
    "0021f90400050000002c03000200010001008101020304050600000000000002024c01003b";

TEST(Picture, PngBecomesNativePixels) {
    expect_picture(decode_png, kGrey8, "1x3x5x1 8 MONOCHROME2", "00285078a0072f577fa70e365e86ae");
    expect_picture(decode_png, kGrey16, "1x3x5x1 16 MONOCHROME2",
                   "00001027204e3075409c4d005d276d4e7d758d9c9a00aa27ba4eca75da9c");
    expect_picture(
        decode_png, kRgb, "1x3x5x3 8 RGB",
        "000000280001500002780003a00004004601284602504603784604a04605008c02288c03508c04788c05a08c06");
    expect_picture(
        decode_png, kRgba, "1x3x5x3 8 RGB",
        "000000280001500002780003a00004004601284602504603784604a04605008c02288c03508c04788c05a08c06");
    expect_picture(decode_png, kGreyAlpha, "1x3x5x1 8 MONOCHROME2", "00285078a0072f577fa70e365e86ae");
    expect_picture(decode_png, kOneBit, "1x3x5x1 8 MONOCHROME2", "00ff00ff00ff00ff00ff00ff00ff00");
    expect_picture(
        decode_png, kPalette, "1x3x5x3 8 RGB",
        "01020328323c07080901020328323c01020328323c07080901020328323c01020328323c07080901020328323c");
    expect_picture(
        decode_png, kInterlaced, "1x9x10x1 8 MONOCHROME2",
        "0014283c5064788ca0b40115293d5165798da1b502162a3e52667a8ea2b603172b3f53677b8fa3b704182c4054687c90a4b8"
        "05192d4155697d91a5b9061a2e42566a7e92a6ba071b2f43576b7f93a7bb081c3044586c8094a8bc");
}

TEST(Picture, FramesOfAGifAreDrawnOverEachOther) {
    expect_picture(
        decode_gif, kAnimation, "4x3x4x3 8 RGB",
        "ff0000ff0000ff0000ff000000ff0000ff0000ff0000ff000000ff0000ff0000ff0000ffff0000ff0000ff0000ff000000ff"
        "000000ff00ff0000ff000000ff0000ff0000ff0000ff00ff00ff0000ff0000ff000009090909090909090900ff000000ff00"
        "00ff0000ff0000ffff0000ff0000ff0000ff000000ff0009090909090900ff000000ff0000ff0000ff040506");
}

TEST(Picture, BrokenOnesAreRefused) {
    const std::string png = from_hex(kGrey8);
    const std::string gif = from_hex(kAnimation);
    for (std::size_t length = 0; length + 13 < png.size(); ++length)
        EXPECT_EQ(decode(decode_png, png.substr(0, length)).error().code, ErrorCode::malformed_dicom);
    for (std::size_t length = 0; length + 2 < gif.size(); ++length)
        EXPECT_EQ(decode(decode_gif, gif.substr(0, length)).error().code, ErrorCode::malformed_dicom);
    EXPECT_FALSE(decode(decode_png, gif));
    EXPECT_FALSE(decode(decode_gif, png));
    std::string large = gif;
    large.replace(6, 4, "\xFF\xFF\xFF\xFF");
    EXPECT_EQ(decode(decode_gif, large).error().code, ErrorCode::too_large);
}

TEST(Picture, AnyBytesAreHarmless) {
    std::mt19937 random(13);
    for (int round = 0; round < 3000; ++round) {
        std::string png = from_hex(kInterlaced);
        std::string gif = from_hex(kAnimation);
        for (int i = 0; i < 3; ++i) {
            png[random() % png.size()] = static_cast<char>(random() % 256);
            // Not the size of the screen: what that does is tested above.
            gif[10 + random() % (gif.size() - 10)] = static_cast<char>(random() % 256);
        }
        (void)decode(decode_png, png);
        (void)decode(decode_gif, gif);
    }
}

TEST(Picture, TheSinksErrorIsPassedOn) {
    for (const auto& [decoder, hex] : {std::pair<Decoder, std::string_view>{decode_png, kGrey8},
                                       std::pair<Decoder, std::string_view>{decode_gif, kAnimation}}) {
        const auto stream = make_string_source(from_hex(hex));
        StringSink sink;
        sink.full = true;
        EXPECT_EQ(decoder(*stream, sink).error().code, ErrorCode::too_large);
    }
}

}  // namespace
}  // namespace isocenter::codec
