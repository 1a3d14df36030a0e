package io.reconciler.cassandra;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.apache.cassandra.service.CassandraDaemon;
import org.apache.cassandra.service.StorageService;

/**
 * Cassandra's own daemon, with two things added: a listener on port 8080, and a file on the volume that says that this
 * node has joined. The file is there before the first client is served, so a volume without it has acknowledged nothing.
 *
 * <p>Before: cassandra_node, the start program, which became this process. Its record says how to join.
 */
public final class Node extends CassandraDaemon {
    private static final int NOT_JOINED = 4;
    private static final int LOOK_AGAIN_MS = 20;

    private final Path folder;
    private final Listener listener;

    private Node(Path folder, Listener listener) {
        this.folder = folder;
        this.listener = listener;
    }

    public static void main(String[] arguments) {
        Path folder = Path.of(System.getProperty("reconciler.cassandra.folder"));
        try {
            Listener listener = new Listener(Files.readString(folder.resolve("node.json")));
            listener.start();
            new Node(folder, listener).activate();
        } catch (IOException error) {
            end("can't read its record or listen on its port: " + error);
        }
    }

    private static void end(String why) {
        System.out.println("cassandra: " + why);
        System.exit(NOT_JOINED);
    }

    /** The daemon's way into the ring, with the configuration read. */
    @Override
    protected void setup() {
        Seeds.expect(Integer.getInteger("reconciler.cassandra.members", 0));
        super.setup();
    }

    /** Called by the daemon when it has joined the ring or failed to, and before it serves clients. */
    @Override
    public void start() {
        String mode = StorageService.instance.getOperationMode();
        if (!mode.equals("NORMAL")) {
            // Waiting would help nobody: started again, the node takes up its joining where it stopped.
            end("could not join (" + mode + "), see above; it ends and tries again");
        }
        try {
            awaitFounders();
            record();
        } catch (IOException error) {
            end("can't write to its volume " + folder + ": " + error);
        } catch (InterruptedException error) {
            end("was interrupted before it served");
        }
        listener.joined();
        super.start();
        System.out.println("cassandra: serves");
    }

    /**
     * Those who found a cluster serve when all of them are in the ring. One that served alone would acknowledge writes
     * that the others, who stream nothing, never got; and a schema change would not reach all.
     */
    private static void awaitFounders() throws InterruptedException {
        int founders = Integer.getInteger("reconciler.cassandra.founders", 0);
        while (Ring.alive() < founders) {
            Thread.sleep(LOOK_AGAIN_MS);
        }
    }

    /** The file, on the disk when this returns. */
    private void record() throws IOException {
        Path file = folder.resolve("joined");
        if (Files.exists(file)) {
            return;
        }
        Files.createFile(file);
        try (FileChannel directory = FileChannel.open(folder, StandardOpenOption.READ)) {
            directory.force(true);
        }
    }
}
