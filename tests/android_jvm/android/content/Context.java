package android.content;

import android.content.res.AssetManager;
import java.io.File;

/** As much of Android's as edgekit-android asks, in a folder of this machine. */
public final class Context {
    private final File root;

    public Context(File root) {
        this.root = root;
    }

    public AssetManager getAssets() {
        return new AssetManager(new File(root, "assets"));
    }

    public File getNoBackupFilesDir() {
        return new File(root, "no_backup");
    }

    public File getCodeCacheDir() {
        return new File(root, "code_cache");
    }

    public File getExternalFilesDir(String type) {
        return new File(root, "external/" + type);
    }
}
