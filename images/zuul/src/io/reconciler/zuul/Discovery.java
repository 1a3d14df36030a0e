package io.reconciler.zuul;

import com.netflix.appinfo.AmazonInfo;
import com.netflix.appinfo.AmazonInfo.MetaDataKey;
import com.netflix.appinfo.ApplicationInfoManager;
import com.netflix.appinfo.InstanceInfo.InstanceStatus;
import com.netflix.appinfo.MyDataCenterInstanceConfig;
import com.netflix.appinfo.providers.EurekaConfigBasedInstanceInfoProvider;
import com.netflix.discovery.DefaultEurekaClientConfig;
import com.netflix.discovery.DiscoveryClient;
import com.netflix.discovery.DiscoveryManager;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The Eureka client: where the servers are, and our own entry (ZUUL, with the zone), which is UP exactly from the first
 * list of servers until the end.
 */
final class Discovery {
    private static final long LEAVE_MILLIS = 1500;
    private static final Pattern ZONE = Pattern.compile("\"az_name\"\\s*:\\s*\"([A-Za-z0-9._-]+)\"");

    private final ApplicationInfoManager own;
    private final DiscoveryClient client;

    Discovery() throws UnknownHostException {
        var config = new MyDataCenterInstanceConfig("eureka", place());
        own = new ApplicationInfoManager(config, new EurekaConfigBasedInstanceInfoProvider(config).get());
        var clientConfig = new DefaultEurekaClientConfig();
        var options = new DiscoveryClient.DiscoveryClientOptionalArgs();
        if (System.getenv().getOrDefault("EUREKA_URLS", "").contains(",")) {
            options.setTransportClientFactories(new Impatient()); // there is another one to ask
        }
        client = new DiscoveryClient(own, clientConfig, options);
        // The load balancer asks this one for the client, and nothing else.
        DiscoveryManager.getInstance().setDiscoveryClient(client);
        DiscoveryManager.getInstance().setEurekaClientConfig(clientConfig);
        client.registerEventListener(event -> upOnceListed());
        upOnceListed(); // the first list may have come before we listened
    }

    DiscoveryClient client() {
        return client;
    }

    ApplicationInfoManager own() {
        return own;
    }

    /** Whether there has ever been a list. With Eureka gone later we go on with the last one, so this stays true. */
    boolean listed() {
        return client.getApplications().getAppsHashCode() != null; // set by a fetch, the one at the start included
    }

    /** Whether Eureka knows nobody but itself and us: it has just started, and the others haven't come back yet. */
    boolean forgotten() {
        return client.getApplications().getRegisteredApplications().stream()
                .allMatch(app -> app.getName().equals("EUREKA") || app.getName().equals("ZUUL"));
    }

    /** Takes our entry back; an Eureka that doesn't answer is not waited for. */
    void leave() {
        var leaving = new Thread(client::shutdown, "leave");
        leaving.setDaemon(true);
        leaving.start();
        try {
            leaving.join(LEAVE_MILLIS);
        } catch (InterruptedException hurried) {
            Thread.currentThread().interrupt();
        }
    }

    private void upOnceListed() {
        if (listed() && own.getInfo().getStatus() == InstanceStatus.STARTING) {
            own.setInstanceStatus(InstanceStatus.UP);
        }
    }

    /** Says where we are as on Amazon, since that is where Netflix's clients read the zone; sets our own names. */
    private static AmazonInfo place() throws UnknownHostException {
        Matcher found = ZONE.matcher(System.getenv().getOrDefault("user_data", ""));
        String zone = found.find() ? found.group(1) : "unknown";
        InetAddress here = InetAddress.getLocalHost();
        System.setProperty("eureka.instanceId", here.getHostName() + ":8080");
        System.setProperty("eureka.metadata.zone", zone);
        System.setProperty("eureka.statusPageUrl", "http://" + here.getHostAddress() + ":8080/healthcheck");
        return AmazonInfo.Builder.newBuilder()
                .addMetadata(MetaDataKey.availabilityZone, zone)
                .addMetadata(MetaDataKey.amiId, "reconciler/zuul")
                .build();
    }
}
