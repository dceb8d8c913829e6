#!/usr/bin/env python3
"""Makes a zstd dictionary for the documents of the index from typical DICOM JSON.

    tools/train_dictionary.py OUT [--json FILE...]

Without --json it invents documents of common modalities: attribute keys, VRs and usual values are what a dictionary
is good for. Give real files only when they are free of patient data, for pieces of them become part of the program.
A dictionary once released is never changed: add one with the next number (src/index/dictionary/).
"""

import argparse
import json
import pathlib
import random
import subprocess
import tempfile

ROOTS = ["1.2.840.113619.2.55.3.", "1.3.12.2.1107.5.2.19.", "1.3.46.670589.11.", "1.2.392.200036.9116.2.6.", "2.25."]
SOP = {"CT": "2", "MR": "4", "CR": "1", "DX": "1.1", "US": "6.1", "SR": "88.33", "PT": "128", "MG": "1.2", "SEG": "66.4",
       "XA": "12.1", "NM": "20", "SC": "7"}
MAKERS = ["SIEMENS|SOMATOM Definition AS+", "GE MEDICAL SYSTEMS|LightSpeed VCT", "Philips Medical Systems|Ingenia",
          "TOSHIBA|Aquilion", "Siemens Healthineers|MAGNETOM Vida", "FUJIFILM Corporation|DR-ID 1200",
          "Canon Medical Systems|Aquilion ONE", "Hologic, Inc.|Selenia Dimensions", "GE Healthcare|LOGIQ E9"]
# tag, VR, values of which one is taken; u uid, d date, t time, n number, f real; '\\' separates several values.
GENERAL = """00080005 CS ISO_IR 100|ISO_IR 192|ISO_IR 6
00080008 CS ORIGINAL\\PRIMARY\\AXIAL|DERIVED\\PRIMARY|ORIGINAL\\PRIMARY\\LOCALIZER|ORIGINAL\\PRIMARY\\M\\ND
00080012 DA d
00080013 TM t
00080018 UI u
00080020 DA d
00080021 DA d
00080022 DA d
00080023 DA d
00080030 TM t
00080031 TM t
00080032 TM t
00080033 TM t
00080050 SH n
00080080 LO HOSPITAL|University Hospital|Clinic
00080090 PN
00081010 SH CT01|MR01|WS1
00081030 LO CT CHEST|CT Thorax|MR BRAIN|ABDOMEN|Head^Routine|KNEE|SPINE
0008103E LO AX T2|T1 SAG|Topogram  0.6  T20s|Thorax  5.0  B30f|SCOUT|LOCALIZER
00100010 PN
00100020 LO n
00100030 DA d
00100040 CS M|F|O
00101010 AS 045Y|061Y|072Y
00101030 DS n
00180015 CS CHEST|HEAD|ABDOMEN|BRAIN|KNEE
00181000 LO n
00181020 LO syngo CT 2012B|syngo MR E11|1.2.3
00181030 LO Routine|Thorax|Head
0020000D UI u
0020000E UI u
00200010 SH n
00200011 IS n
00200012 IS n
00200013 IS n
00400244 DA d
00400245 TM t
00400253 SH n
00400254 LO CT CHEST|MR BRAIN"""
PIXELS = """00200052 UI u
00201040 LO
00280002 US 1|3
00280004 CS MONOCHROME2|MONOCHROME1|RGB|YBR_FULL_422
00280010 US 256|512|1024|2048
00280011 US 256|512|1024|2048
00280030 DS 0.742188\\0.742188|0.3\\0.3|0.143\\0.143
00280100 US 8|16
00280101 US 8|12|16
00280102 US 7|11|15
00280103 US 0|1
00281050 DS 40|-600|40\\-600
00281051 DS 400|1500|400\\1500
00281052 DS -1024|0
00281053 DS 1
00281054 LO HU|US
00281055 LO WINDOW1\\WINDOW2
00282110 CS 00|01"""
SPACE = """00180050 DS 0.625|1|1.25|3|5
00180088 DS 5|1.2
00185100 CS HFS|FFS
00200032 DS f\\f\\f
00200037 DS 1\\0\\0\\0\\1\\0
00201041 DS f"""
CT = """00180022 CS HELICAL MODE|AXIAL MODE
00180060 DS 80|100|120|140
00180090 DS 500
00181100 DS 380
00181110 DS 1085.6
00181111 DS 595
00181120 DS 0
00181130 DS 157
00181140 CS CW
00181150 IS 500
00181151 IS n
00181152 IS n
00181160 SH BODY FILTER|FLAT
00181170 IS 36
00181190 DS 1.2
00181210 SH B30f|STANDARD|LUNG|B70f
00189305 FD 0.5
00189306 FD 0.6
00189307 FD 38.4
00189311 FD 1.2
00189345 FD 8.5"""
MR = """00180020 CS SE|GR|EP
00180021 CS SK\\SP|SK
00180022 CS PFP|FS
00180023 CS 2D|3D
00180024 SH *tse2d1_15|*fl3d1
00180025 CS N
00180080 DS 4000
00180081 DS 93
00180083 DS 1
00180084 DS 63.6759|123.2
00180085 SH 1H
00180086 IS 1
00180087 DS 1.5|3
00180089 IS 280
00180091 IS 15
00180093 DS 80
00180094 DS 100
00180095 DS 190
00181250 SH HEA;HEP
00181251 SH Body
00181310 US 0\\320\\256\\0
00181312 CS ROW|COL
00181314 DS 150
00181315 CS N
00181316 DS 0.0341
00181318 DS 0
00290010 LO SIEMENS CSA HEADER
00290011 LO SIEMENS MEDCOM HEADER2
00291008 CS IMAGE NUM 4"""
CODES = ["SRT|T-D3000|Chest", "SCT|69536005|Head", "SCT|818983003|Abdomen", "DCM|121071|Finding", "UCUM|mm|millimeter",
         "DCM|125007|Measurement Group", "DCM|112039|Tracking Identifier", "DCM|121058|Procedure reported"]


def uid(rng):
    return rng.choice(ROOTS) + ".".join(str(rng.randrange(10 ** rng.randrange(2, 9))) for _ in range(4))


def value(rng, kind, vr):
    made = {"u": lambda: uid(rng), "n": lambda: str(rng.randrange(10 ** rng.randrange(1, 8))),
            "d": lambda: f"20{rng.randrange(10, 27):02}{rng.randrange(1, 13):02}{rng.randrange(1, 29):02}",
            "t": lambda: f"{rng.randrange(24):02}{rng.randrange(60):02}{rng.randrange(60):02}.{rng.randrange(10**6):06}",
            "f": lambda: str(round(rng.uniform(-300, 300), 4))}
    text = made[kind]() if kind in made else kind
    return json.loads(text) if vr in ("DS", "IS", "US", "FD") else text


def elements(rng, table):
    data = {}
    for line in table.splitlines():
        tag, vr, *rest = line.split(" ", 2)
        data[tag] = {"vr": vr}
        if rest:
            data[tag]["Value"] = [value(rng, part, vr) for part in rng.choice(rest[0].split("|")).split("\\")]
    return data


def code(rng):
    scheme, number, meaning = rng.choice(CODES).split("|")
    return {"vr": "SQ", "Value": [{"00080100": {"vr": "SH", "Value": [number]}, "00080102": {"vr": "SH", "Value": [scheme]},
                                   "00080104": {"vr": "LO", "Value": [meaning]}}]}


def content(rng, depth):
    kind = rng.choice(["NUM", "CODE", "TEXT", "CONTAINER", "UIDREF", "IMAGE"])
    item = {"0040A010": {"vr": "CS", "Value": ["CONTAINS"]}, "0040A040": {"vr": "CS", "Value": [kind]}, "0040A043": code(rng)}
    if depth > 0:
        item["0040A730"] = {"vr": "SQ", "Value": [content(rng, depth - 1) for _ in range(rng.randrange(1, 4))]}
    else:
        item["0040A300"] = {"vr": "SQ", "Value": [{"004008EA": code(rng), "0040A30A": {"vr": "DS", "Value": [rng.randrange(90)]}}]}
    return item


def document(rng):
    modality = rng.choice([*SOP, "CT", "CT", "MR", "MR", "CR"])
    maker, model = rng.choice(MAKERS).split("|")
    sop = "1.2.840.10008.5.1.4.1.1." + SOP[modality]
    data = elements(rng, GENERAL)
    for tag, vr, text in (("00080016", "UI", sop), ("00080060", "CS", modality), ("00080070", "LO", maker), ("00081090", "LO", model)):
        data[tag] = {"vr": vr, "Value": [text]}
    data["00081140"] = {"vr": "SQ", "Value": [{"00081150": {"vr": "UI", "Value": [sop]}, "00081155": {"vr": "UI", "Value": [uid(rng)]}}]}
    data["00082218"] = code(rng)
    data["00400275"] = {"vr": "SQ", "Value": [elements(rng, "00400007 LO CT CHEST\n00400009 SH n\n00401001 SH n")]}
    if modality == "SR":
        data["0040A730"] = {"vr": "SQ", "Value": [content(rng, 2) for _ in range(3)]}
        data |= elements(rng, "0040A491 CS COMPLETE|PARTIAL\n0040A493 CS UNVERIFIED|VERIFIED")
    else:
        data |= elements(rng, PIXELS)
        data["7FE00010"] = {"vr": rng.choice(["OW", "OB"]), "BulkDataURI": "7FE00010"}
    if modality in ("CT", "PT", "SEG"):
        data |= elements(rng, SPACE) | elements(rng, CT)
    if modality == "MR":
        data |= elements(rng, SPACE) | elements(rng, MR)
    return json.dumps({tag: data[tag] for tag in sorted(data) if rng.random() < 0.93}, separators=(",", ":"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--json", nargs="*", type=pathlib.Path, default=[])
    parser.add_argument("--bytes", type=int, default=24 << 10)
    args = parser.parse_args()
    rng = random.Random(20240131)
    with tempfile.TemporaryDirectory() as folder:
        for number, text in enumerate([p.read_text() for p in args.json] or [document(rng) for _ in range(3000)]):
            (pathlib.Path(folder) / f"{number}.json").write_text(text)
        subprocess.run(["zstd", "-q", "--train", "-r", folder, f"--maxdict={args.bytes}", "-o", str(args.out)], check=True)


if __name__ == "__main__":
    main()
