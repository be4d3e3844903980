import android.content.Context;
import dev.edgekit.android.BundleStore;
import dev.edgekit.android.EdgeModel;
import dev.edgekit.core.Accelerator;
import dev.edgekit.core.Answered;
import dev.edgekit.core.Classification;
import dev.edgekit.core.Conditions;
import dev.edgekit.core.EdgekitError;
import dev.edgekit.core.EngineOptions;
import dev.edgekit.core.Measurement;
import dev.edgekit.core.TestReport;
import java.io.File;
import java.io.FileInputStream;
import java.util.HashSet;
import java.util.Set;
import kotlin.Unit;
import kotlin.coroutines.Continuation;
import kotlin.coroutines.EmptyCoroutineContext;
import kotlinx.coroutines.BuildersKt;
import kotlinx.coroutines.CoroutineScope;
import kotlinx.coroutines.TimeoutCancellationException;
import kotlinx.coroutines.TimeoutKt;

/** edgekit-android in use, from code for Android, which has no generics: prints what it did. */
public final class Main {
    private static final EngineOptions ONE_THREAD = new EngineOptions(1, Accelerator.CPU, null);

    private interface Step<T> {
        Object run(Continuation<? super T> then);
    }

    @SuppressWarnings("unchecked")
    private static <T> T waitFor(Step<T> step) throws InterruptedException {
        return (T) BuildersKt.runBlocking(
                EmptyCoroutineContext.INSTANCE, (CoroutineScope scope, Continuation<? super T> then) -> step.run(then));
    }

    public static void main(String[] arguments) throws Exception {
        Context context = new Context(new File(arguments[0]));
        EdgeModel model = waitFor(then -> EdgeModel.Companion.open(context, "reviews", null, ONE_THREAD, then));
        System.out.println("runtime " + model.getRuntime());
        Answered found = waitFor(then -> model.classify("a good day", null, then));
        System.out.println("labels " + ((Classification) found.getAnswer()).getLabels().size());
        Set<String> threads = new HashSet<>();
        TestReport report = waitFor(then -> model.selfTest(test -> {
            threads.add(Thread.currentThread().getName());
            return Unit.INSTANCE;
        }, then));
        System.out.println("selftest " + report.getPassed() + " main " + threads.contains("main"));
        System.out.println("cancelled " + isCancelled(model));
        Measurement measured = waitFor(then -> model.measure(
                new Conditions("a test", 1, 32), 1, 12, done -> Unit.INSTANCE, then));
        System.out.println("measurement " + measured.toJson());
        model.close();
        take(context, new File(arguments[1]), null);
        take(context, new File(arguments[1]), "00");
        take(context, new File(arguments[2]), null);
    }

    private static boolean isCancelled(EdgeModel model) throws InterruptedException {
        try {
            waitFor(then -> TimeoutKt.withTimeout(200L, (CoroutineScope scope, Continuation<? super Unit> next) ->
                    endless(model, next), then));
            return false;
        } catch (TimeoutCancellationException error) {
            return true;
        }
    }

    private static Object endless(EdgeModel model, Continuation<? super Unit> then) {
        Conditions conditions = new Conditions("a test", 1, 32);
        return model.measure(conditions, 0, 1_000_000, done -> Unit.INSTANCE, (Continuation) then);
    }

    private static void take(Context context, File zip, String sha256) throws Exception {
        try (FileInputStream input = new FileInputStream(zip)) {
            System.out.println("added " + new BundleStore(context).add(zip.getName(), input, sha256).getName());
        } catch (EdgekitError error) {
            System.out.println("refused " + error.getKind());
        }
    }
}
