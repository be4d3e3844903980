package dev.edgekit.android

import dev.edgekit.core.Artifact
import dev.edgekit.core.Bundle
import dev.edgekit.core.EdgekitError
import dev.edgekit.core.Runtime
import java.util.ServiceLoader

/** The runtimes that this app ships: one for each module `runtime-*` among its dependencies. */
public object Runtimes {
    /** All of them. */
    public val all: List<Runtime> by lazy {
        ServiceLoader.load(Runtime::class.java, Runtime::class.java.classLoader).toList()
    }

    /** Files of a bundle that one of them opens, in the manifest's order. */
    public fun files(bundle: Bundle): List<Artifact> =
        bundle.manifest.artifacts.filter { artifact -> all.any { it.name == artifact.runtime } }

    /**
     * The runtime for a file.
     *
     * @throws EdgekitError.RuntimeFailed the app ships none
     */
    public fun of(artifact: Artifact): Runtime = all.firstOrNull { it.name == artifact.runtime }
        ?: throw EdgekitError.RuntimeFailed(
            "${artifact.file} needs ${artifact.runtime}, which this app does not ship: add its " +
                "module to the dependencies",
        )
}
