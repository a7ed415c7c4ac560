import { type LogSource } from './logsource.js';

/**
 * Windows events as JSON, as `attributes` of a `log` event: `{Event: {System: {...}, EventData: {...}}}`. Channels and
 * event ids are those of Sigma's taxonomy.
 */
const event = 'data.attributes.Event';
const system = `${event}.System`;
const eventId = `${system}.EventID`;
const channel = `${system}.Channel`;
const ofSystem = ['Channel', 'Computer', 'EventID', 'EventRecordID', 'Keywords', 'Level', 'Opcode', 'Task', 'Version'];
const attributesOf = {
  Correlation: ['ActivityID', 'RelatedActivityID'],
  Execution: ['ProcessID', 'ThreadID'],
  Provider: ['EventSourceName', 'Guid', 'Name'],
  Security: ['UserID'],
  TimeCreated: ['SystemTime'],
};

/** The header's fields; all others are the event's own. */
const fields: Readonly<Record<string, string>> = Object.fromEntries([
  ...ofSystem.map((name) => [name, `${system}.${name}`]),
  ...Object.entries(attributesOf).flatMap(([tag, names]) =>
    names.map((name) => [`${tag}_${name}`, `${system}.${tag}.#attributes.${name}`]),
  ),
]);

const sysmon = 'Microsoft-Windows-Sysmon/Operational';
const powershell = ['Microsoft-Windows-PowerShell/Operational', 'PowerShellCore/Operational'];

/** Categories that Sysmon records, with its event ids. */
const sysmonCategories: Readonly<Record<string, readonly number[]>> = {
  process_creation: [1],
  file_change: [2],
  network_connection: [3],
  sysmon_status: [4, 16],
  process_termination: [5],
  driver_load: [6],
  image_load: [7],
  create_remote_thread: [8],
  raw_access_thread: [9],
  process_access: [10],
  file_event: [11],
  registry_event: [12, 13, 14],
  registry_add: [12],
  registry_delete: [12],
  registry_set: [13],
  registry_rename: [14],
  create_stream_hash: [15],
  pipe_created: [17, 18],
  wmi_event: [19, 20, 21],
  dns_query: [22],
  file_delete: [23],
  clipboard_capture: [24],
  process_tampering: [25],
  file_delete_detected: [26],
  file_block_executable: [27],
  file_block_shredding: [28],
  file_executable_detected: [29],
  sysmon_error: [255],
};

const otherCategories: Readonly<Record<string, { ids: readonly number[]; channels: readonly string[] }>> = {
  ps_classic_start: { ids: [400], channels: ['Windows PowerShell'] },
  ps_classic_provider_start: { ids: [600], channels: ['Windows PowerShell'] },
  ps_classic_script: { ids: [800], channels: ['Windows PowerShell'] },
  ps_module: { ids: [4103], channels: powershell },
  ps_script: { ids: [4104], channels: powershell },
};

/** Services by their channels. */
const services: Readonly<Record<string, readonly string[]>> = {
  application: ['Application'],
  'application-experience': [
    'Microsoft-Windows-Application-Experience/Program-Telemetry',
    'Microsoft-Windows-Application-Experience/Program-Compatibility-Assistant',
  ],
  applocker: [
    'Microsoft-Windows-AppLocker/MSI and Script',
    'Microsoft-Windows-AppLocker/EXE and DLL',
    'Microsoft-Windows-AppLocker/Packaged app-Deployment',
    'Microsoft-Windows-AppLocker/Packaged app-Execution',
  ],
  'appmodel-runtime': ['Microsoft-Windows-AppModel-Runtime/Admin'],
  'appxdeployment-server': ['Microsoft-Windows-AppXDeploymentServer/Operational'],
  'appxpackaging-om': ['Microsoft-Windows-AppxPackaging/Operational'],
  bitlocker: ['Microsoft-Windows-BitLocker/BitLocker Management'],
  'bits-client': ['Microsoft-Windows-Bits-Client/Operational'],
  capi2: ['Microsoft-Windows-CAPI2/Operational'],
  'certificateservicesclient-lifecycle-system': [
    'Microsoft-Windows-CertificateServicesClient-Lifecycle-System/Operational',
  ],
  'codeintegrity-operational': ['Microsoft-Windows-CodeIntegrity/Operational'],
  dhcp: ['Microsoft-Windows-DHCP-Server/Operational'],
  'diagnosis-scripted': ['Microsoft-Windows-Diagnosis-Scripted/Operational'],
  'dns-client': ['Microsoft-Windows-DNS Client Events/Operational'],
  'dns-server': ['DNS Server'],
  'dns-server-analytic': ['Microsoft-Windows-DNS-Server/Analytical'],
  'dns-server-audit': ['Microsoft-Windows-DNS-Server/Audit'],
  'driver-framework': ['Microsoft-Windows-DriverFrameworks-UserMode/Operational'],
  'firewall-as': ['Microsoft-Windows-Windows Firewall With Advanced Security/Firewall'],
  'hyper-v-worker': ['Microsoft-Windows-Hyper-V-Worker'],
  'iis-configuration': ['Microsoft-IIS-Configuration/Operational'],
  'kernel-event-tracing': ['Microsoft-Windows-Kernel-EventTracing'],
  'kernel-shimengine': [
    'Microsoft-Windows-Kernel-ShimEngine/Operational',
    'Microsoft-Windows-Kernel-ShimEngine/Diagnostic',
  ],
  ldap: ['Microsoft-Windows-LDAP-Client/Debug'],
  'lsa-server': ['Microsoft-Windows-LSA/Operational'],
  'msexchange-management': ['MSExchange Management'],
  ntfs: ['Microsoft-Windows-Ntfs/Operational'],
  ntlm: ['Microsoft-Windows-NTLM/Operational'],
  openssh: ['OpenSSH/Operational'],
  powershell: ['Microsoft-Windows-PowerShell/Operational'],
  'powershell-classic': ['Windows PowerShell'],
  'printservice-admin': ['Microsoft-Windows-PrintService/Admin'],
  'printservice-operational': ['Microsoft-Windows-PrintService/Operational'],
  security: ['Security'],
  'security-mitigations': [
    'Microsoft-Windows-Security-Mitigations/Kernel Mode',
    'Microsoft-Windows-Security-Mitigations/User Mode',
  ],
  sense: ['Microsoft-Windows-SENSE/Operational'],
  'servicebus-client': ['Microsoft-ServiceBus-Client/Operational', 'Microsoft-ServiceBus-Client/Admin'],
  'shell-core': ['Microsoft-Windows-Shell-Core/Operational'],
  'smbclient-security': ['Microsoft-Windows-SmbClient/Security'],
  sysmon: ['Microsoft-Windows-Sysmon/Operational'],
  system: ['System'],
  taskscheduler: ['Microsoft-Windows-TaskScheduler/Operational'],
  'terminalservices-localsessionmanager': ['Microsoft-Windows-TerminalServices-LocalSessionManager/Operational'],
  vhdmp: ['Microsoft-Windows-VHDMP/Operational'],
  windefend: ['Microsoft-Windows-Windows Defender/Operational'],
  wmi: ['Microsoft-Windows-WMI-Activity/Operational'],
};

function windowsSource(names: Pick<LogSource, 'category' | 'service'>, where: LogSource['where']): LogSource {
  return { product: 'windows', ...names, types: ['log'], where, fields, below: `${event}.EventData` };
}

export const windows: readonly LogSource[] = [
  windowsSource({}, { [channel]: ['*'] }),
  ...Object.entries(sysmonCategories).map(([category, ids]) =>
    windowsSource({ category }, { [channel]: [sysmon], [eventId]: ids.map(String) }),
  ),
  ...Object.entries(otherCategories).map(([category, { ids, channels }]) =>
    windowsSource({ category }, { [channel]: channels, [eventId]: ids.map(String) }),
  ),
  ...Object.entries(services).map(([service, channels]) => windowsSource({ service }, { [channel]: channels })),
];
