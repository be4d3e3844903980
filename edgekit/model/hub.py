"""A checkpoint of the Hugging Face hub: downloaded, or from its cache where no network is."""

from __future__ import annotations

import re
from pathlib import Path

from edgekit.errors import SourceError

_ID = re.compile(r"[A-Za-z0-9][\w.-]*(/[\w.-]+)?")
# As fnmatch reads them, whose * also matches a slash; a module's folder is named like 2_Dense.
_FILES = ("*.json", "*.txt", "*.model", "README.md", "model_head.pkl", "artifact.metadata")
_SAFETENSORS = ("model*.safetensors", "adapter_model.safetensors", "[0-9]_*/*.safetensors")
_PICKLES = ("pytorch_model*.bin", "adapter_model.bin", "[0-9]_*/pytorch_model*.bin")
_CODE = ("*.py",)
MODULES = "modules.json"
PAGES = "huggingface.co/"


def is_id(model: str) -> bool:
    """Whether the hub could have a model of that name."""
    return _ID.fullmatch(model) is not None


def download(model: str, *, pickles: bool, code: bool) -> Path:
    """A folder with the files of a checkpoint that edgekit reads, and nothing else.

    Args:
        model: the id, like ``bert-base-uncased`` or ``owner/name``.
        pickles: whether pickled weights are wanted.
        code: whether the checkpoint's own Python code is.

    Raises:
        SourceError: there is no such model, or the hub does not answer and nothing is cached.
    """
    from huggingface_hub import errors, snapshot_download

    patterns = [*_FILES, *_SAFETENSORS, *(_PICKLES * pickles), *(_CODE * code)]
    try:
        return Path(snapshot_download(model, allow_patterns=patterns))
    except (errors.RepositoryNotFoundError, errors.HFValidationError) as error:
        raise SourceError(
            f"'{model}' is neither a folder here nor a public model of the hub: check its name"
        ) from error
    except (errors.HfHubHTTPError, errors.LocalEntryNotFoundError, OSError) as error:
        raise SourceError(
            f"'{model}' is no folder here, and the model hub does not answer: check the network, "
            "or give a local folder"
        ) from error


def lacks_modules(model: str) -> bool | None:
    """Whether the repository has no ``modules.json``; None where only the hub could tell.

    The cache may hold what another library downloaded, which had no use for that file. The answer
    of the hub is remembered there.
    """
    from huggingface_hub import errors, hf_hub_download, try_to_load_from_cache

    cached = try_to_load_from_cache(model, MODULES)
    if cached is not None:
        return not isinstance(cached, str)
    try:
        hf_hub_download(model, MODULES)
    except (errors.LocalEntryNotFoundError, errors.OfflineModeIsEnabled):
        return None
    except errors.EntryNotFoundError:
        return True
    except (errors.HfHubHTTPError, OSError):
        return None
    return False
