"""Since which iOS each of Apple's interfaces exists that the app uses: writes the table of them.

The versions of what Objective-C sees are those of the npm package ``@nativescript/types-ios``
(Apache-2.0), which are Apple's own, of the headers. Those of SwiftUI are those of the pages of
Apple's documentation, which a public repository keeps as Markdown::

    npm pack @nativescript/types-ios@9.1.2 && tar xzf nativescript-types-ios-9.1.2.tgz
    git clone https://github.com/pianostringquartet/DAGFromCode
    python tests/apple_availability.py package/lib/ios/objc-x86_64 \\
        DAGFromCode/swiftui_documentation/documentation/swiftui

Core AI and CryptoKit are few pages, and were read one by one.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

TABLE = Path(__file__).with_suffix(".json")
STAND_INS = Path(__file__).parent.parent / "ios_demo" / "Stubs"
_HEADERS = "@nativescript/types-ios 9.1.2, Apache-2.0"
_PAGES = "developer.apple.com, kept by pianostringquartet/DAGFromCode, October 2025"
_MEMORY = "the versions were written from memory, and not read up"
_XNU = f"Apple's headers of C and Mach; {_MEMORY}"
_QUEUES = f"developer.apple.com; {_MEMORY}"
_READ = "developer.apple.com, kept by Averyy/apple-dev-docs, read in November 2026"

# Swift's name: the header's class or function, and its member
CORE_ML = {
    "MLComputeUnits": "MLComputeUnits",
    "MLModelConfiguration": "MLModelConfiguration",
    "MLModelConfiguration.computeUnits": "MLModelConfiguration computeUnits",
    "MLModelConfiguration.functionName": "MLModelConfiguration functionName",
    "MLMultiArrayDataType": "MLMultiArrayDataType",
    "MLMultiArray": "MLMultiArray",
    "MLMultiArray.shape": "MLMultiArray shape",
    "MLMultiArray.strides": "MLMultiArray strides",
    "MLMultiArray.dataType": "MLMultiArray dataType",
    "MLMultiArray.init(shape:dataType:)": "MLMultiArray initWithShapeDataTypeError",
    "MLMultiArray.init(shape:dataType:strides:)": "MLMultiArray initWithShapeDataTypeStrides",
    "MLMultiArray.withUnsafeBytes(_:)": "MLMultiArray getBytesWithHandler",
    "MLMultiArray.withUnsafeMutableBytes(_:)": "MLMultiArray getMutableBytesWithHandler",
    "MLFeatureValue": "MLFeatureValue",
    "MLFeatureValue.multiArrayValue": "MLFeatureValue multiArrayValue",
    "MLFeatureValue.init(multiArray:)": "MLFeatureValue featureValueWithMultiArray",
    "MLFeatureProvider": "MLFeatureProvider",
    "MLFeatureProvider.featureNames": "MLFeatureProvider featureNames",
    "MLFeatureProvider.featureValue(for:)": "MLFeatureProvider featureValueForName",
    "MLDictionaryFeatureProvider": "MLDictionaryFeatureProvider",
    "MLDictionaryFeatureProvider.init(dictionary:)": (
        "MLDictionaryFeatureProvider initWithDictionaryError"
    ),
    "MLDictionaryFeatureProvider.featureNames": "MLDictionaryFeatureProvider featureNames",
    "MLDictionaryFeatureProvider.featureValue(for:)": (
        "MLDictionaryFeatureProvider featureValueForName"
    ),
    "MLModel": "MLModel",
    "MLModel.configuration": "MLModel configuration",
    "MLModel.init(contentsOf:configuration:)": "MLModel modelWithContentsOfURLConfigurationError",
    "MLModel.compileModel(at:)": "MLModel compileModelAtURLCompletionHandler",
    "MLModel.prediction(from:)": "MLModel predictionFromFeaturesError",
    "MLModelAsset": "MLModelAsset",
    "MLModelAsset.init(url:)": "MLModelAsset modelAssetWithURLError",
    "MLModelAsset.functionNames": "MLModelAsset functionNamesWithCompletionHandler",
    "MLComputeDevice": "MLComputeDeviceProtocol",
    "MLCPUComputeDevice": "MLCPUComputeDevice",
    "MLGPUComputeDevice": "MLGPUComputeDevice",
    "MLNeuralEngineComputeDevice": "MLNeuralEngineComputeDevice",
    "MLModelStructure": "MLModelStructure",
    "Program": "MLModelStructureProgram",
    "Program.functions": "MLModelStructureProgram functions",
    "Function": "MLModelStructureProgramFunction",
    "Function.block": "MLModelStructureProgramFunction block",
    "Block": "MLModelStructureProgramBlock",
    "Block.operations": "MLModelStructureProgramBlock operations",
    "Operation": "MLModelStructureProgramOperation",
    "Operation.operatorName": "MLModelStructureProgramOperation operatorName",
    "MLComputePlan": "MLComputePlan",
    "MLComputePlan.modelStructure": "MLComputePlan modelStructure",
    "MLComputePlan.load(contentsOf:configuration:)": (
        "MLComputePlan loadContentsOfURLConfigurationCompletionHandler"
    ),
    "MLComputePlan.deviceUsage(for:)": "MLComputePlan computeDeviceUsageForMLProgramOperation",
    "DeviceUsage": "MLComputePlanDeviceUsage",
    "DeviceUsage.supported": "MLComputePlanDeviceUsage supportedComputeDevices",
    "DeviceUsage.preferred": "MLComputePlanDeviceUsage preferredComputeDevice",
}
TYPES = {
    "UTType": "UTType",
    "UTType.folder": "UTTypeFolder",
    "UTType.init(exportedAs:)": "UTType exportedTypeWithIdentifier",
}
UIKIT = {
    "UIApplication.shared": "UIApplication sharedApplication",
    "UIApplication.isIdleTimerDisabled": "UIApplication idleTimerDisabled",
    "UIDevice.current": "UIDevice currentDevice",
    "UIDevice.isBatteryMonitoringEnabled": "UIDevice batteryMonitoringEnabled",
    "UIDevice.batteryState": "UIDevice batteryState",
    "UIDevice.batteryLevel": "UIDevice batteryLevel",
    "UIDevice.BatteryState.unknown": "UIDeviceBatteryState",
    "UIDevice.BatteryState.unplugged": "UIDeviceBatteryState",
}
FOUNDATION = {
    "Bundle.infoDictionary": "NSBundle infoDictionary",
    "Bundle.main": "NSBundle mainBundle",
    "Bundle.url(forResource:withExtension:)": "NSBundle URLForResourceWithExtension",
    "FileManager.contentsOfDirectory(at:includingPropertiesForKeys:options:)": (
        "NSFileManager contentsOfDirectoryAtURLIncludingPropertiesForKeysOptionsError"
    ),
    "FileManager.copyItem(at:to:)": "NSFileManager copyItemAtURLToURLError",
    "FileManager.createDirectory(at:withIntermediateDirectories:attributes:)": (
        "NSFileManager createDirectoryAtURLWithIntermediateDirectoriesAttributesError"
    ),
    "FileManager.default": "NSFileManager defaultManager",
    "FileManager.enumerator(atPath:)": "NSFileManager enumeratorAtPath",
    "FileManager.fileExists(atPath:)": "NSFileManager fileExistsAtPath",
    "FileManager.fileExists(atPath:isDirectory:)": "NSFileManager fileExistsAtPathIsDirectory",
    "FileManager.moveItem(at:to:)": "NSFileManager moveItemAtURLToURLError",
    "FileManager.removeItem(at:)": "NSFileManager removeItemAtURLError",
    "FileManager.temporaryDirectory": "NSFileManager temporaryDirectory",
    "FileManager.urls(for:in:)": "NSFileManager URLsForDirectoryInDomains",
    "FileManager.SearchPathDirectory.cachesDirectory": "NSSearchPathDirectory",
    "FileManager.SearchPathDirectory.documentDirectory": "NSSearchPathDirectory",
    "FileManager.SearchPathDomainMask.userDomainMask": "NSSearchPathDomainMask",
    "NSError": "NSError",
    "NSFileCoordinator.coordinate(readingItemAt:options:error:byAccessor:)": (
        "NSFileCoordinator coordinateReadingItemAtURLOptionsErrorByAccessor"
    ),
    "NSHomeDirectory()": "NSHomeDirectory",
    "NSNumber.init(value:)": "NSNumber",
    "NSNumber.intValue": "NSNumber intValue",
    "ProcessInfo.ThermalState.critical": "NSProcessInfoThermalState",
    "ProcessInfo.ThermalState.fair": "NSProcessInfoThermalState",
    "ProcessInfo.ThermalState.nominal": "NSProcessInfoThermalState",
    "ProcessInfo.ThermalState.serious": "NSProcessInfoThermalState",
    "ProcessInfo.arguments": "NSProcessInfo arguments",
    "ProcessInfo.isLowPowerModeEnabled": "NSProcessInfo lowPowerModeEnabled",
    "ProcessInfo.operatingSystemVersion": "NSProcessInfo operatingSystemVersion",
    "OperatingSystemVersion.majorVersion": "NSOperatingSystemVersion majorVersion",
    "OperatingSystemVersion.minorVersion": "NSOperatingSystemVersion minorVersion",
    "OperatingSystemVersion.patchVersion": "NSOperatingSystemVersion patchVersion",
    "ProcessInfo.physicalMemory": "NSProcessInfo physicalMemory",
    "ProcessInfo.processInfo": "NSProcessInfo processInfo",
    "ProcessInfo.processorCount": "NSProcessInfo processorCount",
    "ProcessInfo.thermalState": "NSProcessInfo thermalState",
    "URL.appendingPathExtension": "NSURL URLByAppendingPathExtension",
    "URL.deletingPathExtension()": "NSURL URLByDeletingPathExtension",
    "URL.hasDirectoryPath": "NSURL hasDirectoryPath",
    "URL.lastPathComponent": "NSURL lastPathComponent",
    "URL.path": "NSURL path",
    "URL.pathExtension": "NSURL pathExtension",
    "URL.startAccessingSecurityScopedResource": "NSURL startAccessingSecurityScopedResource",
    "URL.stopAccessingSecurityScopedResource": "NSURL stopAccessingSecurityScopedResource",
    "UUID.uuidString": "NSUUID UUIDString",
}
HEADERS = {
    "CoreML": CORE_ML,
    "UniformTypeIdentifiers": TYPES,
    "UIKit": UIKIT,
    "Foundation": FOUNDATION,
}

# The page of a name where it is not that of the name
SWIFTUI = {
    "ShapeStyle.secondary": "hierarchicalshapestyle/secondary",
    "WindowGroup.body": "scene/body-swift.property",
}
PREVIEWS = {"Preview(_:traits:_:body:)": "17.0"}  # a macro, which the stand-in has not
# Of stand-ins alone: what an opaque type is behind its name, and what Foundation's page has
STAND_IN_ONLY = {"BuiltInView", "BuiltInView.body", "ConditionalView", "ModifiedView"}
STAND_IN_ONLY |= {"Never.body", "Optional.body"}
ATTRIBUTES = {
    "AttributeScopes.swiftUI": "15.0",
    "SwiftUIAttributes": "15.0",
    "SwiftUIAttributes.backgroundColor": "15.0",
    "BackgroundColorAttribute": "15.0",
    "BackgroundColorAttribute.name": "15.0",
}
# What Objective-C does not see of Foundation, as its pages have it
FOUNDATION_OF_SWIFT = {
    "16.0": (
        *("URL.DirectoryHint.isDirectory", "URL.appending(path:directoryHint:)"),
        "URL.init(filePath:directoryHint:relativeTo:)",
    ),
    "15.0": (
        *("AttributedString", "AttributedString.init(_:attributes:)"),
        *("AttributedString.subscript(_:)", "AttributedSubstring.subscript(dynamicMember:)"),
        *("BinaryFloatingPoint.formatted", "BinaryInteger.formatted", "BinaryInteger.formatted()"),
        *("ByteCountFormatStyle.Style.file", "FloatingPointFormatStyle.Percent.precision"),
        *("FloatingPointFormatStyle.precision", "FormatStyle.number", "FormatStyle.percent"),
        "FormatStyle.byteCount(style:allowedUnits:spellsOutZero:includesActualByteCount:)",
        *("NumberFormatStyleConfiguration.Precision.fractionLength", "Range.init(_:in:)"),
    ),
    "13.0": ("JSONEncoder.OutputFormatting.withoutEscapingSlashes",),
    "11.0": ("JSONEncoder.OutputFormatting.sortedKeys",),
    "8.0": (
        *("CGFloat.init(integerLiteral:)", "CocoaError.fileNoSuchFile"),
        *("CocoaError.fileReadNoSuchFile", "Data", "Data.ReadingOptions.mappedIfSafe"),
        *("Data.WritingOptions.atomic", "Data.append(contentsOf:)", "Data.count", "Data.init()"),
        *("Data.init(_:)", "Data.init(base64Encoded:options:)", "Data.init(contentsOf:options:)"),
        *("Data.startIndex", "Data.withUnsafeBytes", "Data.write(to:options:)"),
        *("DataProtocol.copyBytes(to:from:)", "Error.localizedDescription"),
        *("JSONDecoder.KeyDecodingStrategy.convertFromSnakeCase", "JSONDecoder.decode(_:from:)"),
        *("JSONDecoder.init()", "JSONDecoder.keyDecodingStrategy", "JSONEncoder.encode"),
        *("JSONEncoder.init()", "JSONEncoder.outputFormatting", "NSNumber.init(integerLiteral:)"),
        *("ObjCBool", "ObjCBool.boolValue", "ObjCBool.init(booleanLiteral:)"),
        *("String.Encoding.utf8", "String.init(contentsOfFile:encoding:)"),
        *("StringProtocol.contains", "URL", "UUID.init()", "_ErrorCodeProtocol.~="),
    ),
}
# The C library and Mach's headers: the peak of the footprint is of the third form of its structure
DARWIN = {
    **dict.fromkeys(
        (
            *("EXIT_FAILURE", "EXIT_SUCCESS", "exit", "exp", "free", "log", "strdup"),
            *("KERN_SUCCESS", "TASK_VM_INFO", "integer_t", "mach_msg_type_number_t"),
            *("mach_task_self_", "natural_t", "task_flavor_t", "task_info"),
        ),
        "2.0",
    ),
    "task_vm_info_data_t": "7.0",
    "task_vm_info_data_t.phys_footprint": "9.0",
    "task_vm_info_data_t.ledger_phys_footprint_peak": "12.0",
}
DISPATCH = dict.fromkeys(
    (
        *("DispatchQoS.userInitiated", "DispatchQueue"),
        "DispatchQueue.async(group:qos:flags:execute:)",
        "DispatchQueue.init(label:qos:attributes:autoreleaseFrequency:target:)",
    ),
    "8.0",
) | {"DispatchQueue.AutoreleaseFrequency.workItem": "10.0"}
CRYPTO_KIT = dict.fromkeys(
    (
        *("SHA256", "SHA256.init()", "SHA256.update(data:)", "SHA256.finalize()"),
        *("SHA256Digest", "SHA256Digest.makeIterator()"),
    ),
    "13.0",
)
CORE_AI = dict.fromkeys(
    (
        *("AIModel", "AIModel.init(contentsOf:options:)", "AIModel.functionNames"),
        *("AIModel.loadFunction(named:)", "InferenceFunction", "MutableViews"),
        *("InferenceFunction.run(inputs:states:outputViews:)", "Outputs", "Outputs.remove(_:)"),
        *("InferenceValue", "InferenceValue.ndArray", "NDArray", "NDArray.init(scalars:shape:)"),
        *("NDArray.view(as:)", "View", "View.withUnsafePointer(_:)", "SpecializationOptions"),
        *("SpecializationOptions.default", "MutableViews.init()"),
    ),
    "27.0",
)


def declared(framework: str) -> Iterator[str]:
    """The public names of a stand-in, which are all that the app can use of a framework."""
    sources = sorted((STAND_INS / framework).rglob("*.swift"))
    text = re.sub(r"//.*", "", "\n".join(path.read_text("utf-8") for path in sources))
    kind = r"(?:struct|enum|class|protocol) (\w+)(?! \w+\()"
    member = r"(?:(init|func \w+)(?:<[^<>()]*>)?\((.*?)\)[^()]*?\{|(?:let|var) `?(\w+))"
    modifiers = r"(?:public|open) (?:convenience |mutating |static |class (?=func))*"
    owners: list[tuple[int, str]] = []
    lines = rf"^( *)(?:extension (\w+)|{modifiers}(?:{kind}|{member}))"
    for found in re.finditer(lines, text, re.DOTALL | re.M):
        indent, extended, name, called, parameters, value = found.groups()
        owners = [(depth, owner) for depth, owner in owners if depth < len(indent)]
        if extended or name:
            owners.append((len(indent), extended or name))
            yield from [name] if name else []
        elif value:
            yield f"{owners[-1][1]}.{value}"
        else:
            labels = re.findall(r"(?:^|,)\s*(?:@\w+ )*(\w+)(?: \w+)?:", parameters)
            called = called.removeprefix("func ")
            yield f"{owners[-1][1]}.{called}({''.join(f'{label}:' for label in labels)})"


def since(text: str, name: str) -> str:
    """The version of a class, or of one of its members where that is later.

    Raises:
        LookupError: the headers have none of that name.
    """
    kind, _, member = name.partition(" ")
    kinds = "declare (?:const enum|class|var|function)|interface"
    declared = re.search(
        rf"(?P<doc>/\*\*(?:(?!\*/).)*\*/\s*)?(?:{kinds}) "
        rf"{kind}\b(?P<body>.*?)(?=\n(?:/\*\*|declare |interface )|\Z)",
        text,
        re.DOTALL,
    )
    if declared is None:
        raise LookupError(name)
    versions = [_version(declared["doc"])]
    if member:
        found = re.search(
            rf"(?P<doc>/\*\*(?:(?!\*/).)*\*/\s*)?(?:static |readonly )*{member}\??[(:]",
            declared["body"],
            re.DOTALL,
        )
        if found is None:
            raise LookupError(name)
        versions.append(_version(found["doc"]))
    return max(versions, key=lambda version: tuple(map(int, version.split("."))))


def _version(doc: str | None) -> str:
    found = re.search(r"@since ([\d.]+)", doc or "")
    return found[1] if found else "2.0"  # older than the headers' first remark


def page(folder: Path, name: str) -> str:
    """The version that the documentation's page of a name tells.

    Raises:
        LookupError: there is no such page, or it is of none of Apple's phones.
    """
    path = SWIFTUI.get(name) or name.replace(".", "/", 1).replace(":", "_").lower()
    file = folder / f"{path}.md"
    found = re.search(r"iOS ([\d.]+)\+", file.read_text("utf-8")) if file.is_file() else None
    if found is None:
        raise LookupError(name)
    return found[1]


def main() -> None:
    headers, pages = map(Path, sys.argv[1:])
    since_headers = {
        framework: {
            swift: since((headers / f"objc!{framework}.d.ts").read_text("utf-8"), name)
            for swift, name in names.items()
        }
        for framework, names in HEADERS.items()
    }
    since_headers["Foundation"] |= {
        name: version for version, names in FOUNDATION_OF_SWIFT.items() for name in names
    }
    names = sorted({*declared("SwiftUI")} - STAND_IN_ONLY - set(ATTRIBUTES))
    swiftui = {name: page(pages, name) for name in names}
    sources = dict.fromkeys(HEADERS, _HEADERS)
    sources["Foundation"] += (
        "; of what only Swift sees the versions were written from memory, and not read up"
    )
    sources |= {"SwiftUI": _PAGES, "CryptoKit": _READ, "CoreAI": _READ}
    sources |= {"Darwin": _XNU, "Dispatch": _QUEUES}
    table = {**since_headers, "SwiftUI": {**swiftui, **ATTRIBUTES, **PREVIEWS}}
    table |= {"CryptoKit": CRYPTO_KIT, "CoreAI": CORE_AI, "Darwin": DARWIN, "Dispatch": DISPATCH}
    TABLE.write_text(json.dumps({"source": sources, "since": table}, indent=1) + "\n")


if __name__ == "__main__":
    main()
