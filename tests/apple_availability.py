"""Since which iOS each of Apple's interfaces exists that the app uses: writes the table of them.

The versions are those of the npm package ``@nativescript/types-ios`` (Apache-2.0), which are
Apple's own, of the headers::

    npm pack @nativescript/types-ios@9.1.2 && tar xzf nativescript-types-ios-9.1.2.tgz
    python tests/apple_availability.py package/lib/ios/objc-x86_64

It holds what Objective-C sees. SwiftUI and Core AI are Swift alone, and not in it.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

TABLE = Path(__file__).with_suffix(".json")
SOURCE = "@nativescript/types-ios 9.1.2, Apache-2.0"

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
}
FOUNDATION = {
    "ProcessInfo.thermalState": "NSProcessInfo thermalState",
    "ProcessInfo.isLowPowerModeEnabled": "NSProcessInfo lowPowerModeEnabled",
    "URL.startAccessingSecurityScopedResource": "NSURL startAccessingSecurityScopedResource",
    "URL.stopAccessingSecurityScopedResource": "NSURL stopAccessingSecurityScopedResource",
}
FRAMEWORKS = {
    "CoreML": CORE_ML,
    "UniformTypeIdentifiers": TYPES,
    "UIKit": UIKIT,
    "Foundation": FOUNDATION,
}


def since(text: str, name: str) -> str:
    """The version of a class, or of one of its members where that is later.

    Raises:
        LookupError: the headers have none of that name.
    """
    kind, _, member = name.partition(" ")
    declared = re.search(
        r"(?P<doc>/\*\*(?:(?!\*/).)*\*/\s*)?(?:declare (?:const enum|class|var)|interface) "
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


def main() -> None:
    folder = Path(sys.argv[1])
    table = {
        framework: {
            swift: since((folder / f"objc!{framework}.d.ts").read_text("utf-8"), name)
            for swift, name in names.items()
        }
        for framework, names in FRAMEWORKS.items()
    }
    TABLE.write_text(json.dumps({"source": SOURCE, "since": table}, indent=1) + "\n")


if __name__ == "__main__":
    main()
