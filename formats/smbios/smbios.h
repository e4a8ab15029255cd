/* SPDX-License-Identifier: MIT */
/*
 * SMBIOS: the entry points, and the structures that they lead to.
 *
 * DMTF DSP0134, System Management BIOS (SMBIOS) Reference Specification, version 3.6: sections 5.2.1
 * (32-bit entry point), 5.2.2 (64-bit entry point), 6.1.2 (structure header), 7.1 and following.
 * Names of members: the specification's, in lower case, words joined by _. Little-endian.
 */
#ifndef PRETTIFY_FORMATS_SMBIOS_H
#define PRETTIFY_FORMATS_SMBIOS_H

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;

/* All bytes of an entry point add up to 0, those from intermediate_anchor on too. */
struct smbios_entry_point {
	char anchor[4];
	__u8 checksum;
	__u8 length;
	__u8 major_version;
	__u8 minor_version;
	__u16 max_structure_size;
	__u8 revision;
	__u8 formatted_area[5];
	char intermediate_anchor[5];
	__u8 intermediate_checksum;
	__u16 table_length;
	__u32 table_address;
	__u16 structure_count;
	__u8 bcd_revision;
} __attribute__((packed));

struct smbios3_entry_point {
	char anchor[5];
	__u8 checksum;
	__u8 length;
	__u8 major_version;
	__u8 minor_version;
	__u8 docrev;
	__u8 revision;
	__u8 reserved;
	__u32 table_max_size;
	__u64 table_address;
} __attribute__((packed));

enum smbios_type {
	BIOS_INFORMATION = 0,
	SYSTEM_INFORMATION = 1,
	BASEBOARD_INFORMATION = 2,
	SYSTEM_ENCLOSURE = 3,
	PROCESSOR_INFORMATION = 4,
	MEMORY_CONTROLLER_INFORMATION = 5,
	MEMORY_MODULE_INFORMATION = 6,
	CACHE_INFORMATION = 7,
	PORT_CONNECTOR_INFORMATION = 8,
	SYSTEM_SLOTS = 9,
	ON_BOARD_DEVICES_INFORMATION = 10,
	OEM_STRINGS = 11,
	SYSTEM_CONFIGURATION_OPTIONS = 12,
	BIOS_LANGUAGE_INFORMATION = 13,
	GROUP_ASSOCIATIONS = 14,
	SYSTEM_EVENT_LOG = 15,
	PHYSICAL_MEMORY_ARRAY = 16,
	MEMORY_DEVICE = 17,
	MEMORY_ERROR_INFORMATION_32BIT = 18,
	MEMORY_ARRAY_MAPPED_ADDRESS = 19,
	MEMORY_DEVICE_MAPPED_ADDRESS = 20,
	BUILT_IN_POINTING_DEVICE = 21,
	PORTABLE_BATTERY = 22,
	SYSTEM_RESET = 23,
	HARDWARE_SECURITY = 24,
	SYSTEM_POWER_CONTROLS = 25,
	VOLTAGE_PROBE = 26,
	COOLING_DEVICE = 27,
	TEMPERATURE_PROBE = 28,
	ELECTRICAL_CURRENT_PROBE = 29,
	OUT_OF_BAND_REMOTE_ACCESS = 30,
	BOOT_INTEGRITY_SERVICES = 31,
	SYSTEM_BOOT_INFORMATION = 32,
	MEMORY_ERROR_INFORMATION_64BIT = 33,
	MANAGEMENT_DEVICE = 34,
	MANAGEMENT_DEVICE_COMPONENT = 35,
	MANAGEMENT_DEVICE_THRESHOLD_DATA = 36,
	MEMORY_CHANNEL = 37,
	IPMI_DEVICE_INFORMATION = 38,
	SYSTEM_POWER_SUPPLY = 39,
	ADDITIONAL_INFORMATION = 40,
	ONBOARD_DEVICES_EXTENDED_INFORMATION = 41,
	MANAGEMENT_CONTROLLER_HOST_INTERFACE = 42,
	TPM_DEVICE = 43,
	PROCESSOR_ADDITIONAL_INFORMATION = 44,
	FIRMWARE_INVENTORY_INFORMATION = 45,
	STRING_PROPERTY = 46,
	INACTIVE = 126,
	END_OF_TABLE = 127,
} __attribute__((packed));

/*
 * A structure: length bytes of members, this header among them, and then its strings, each ended by
 * a NUL and all by one more. A member of kind string holds its string's number, 0 for none. What
 * newer versions have added to a structure is in its array more.
 */
#define SMBIOS_HEADER \
	enum smbios_type type; \
	__u8 length; \
	__u16 handle

struct smbios_header {
	SMBIOS_HEADER;
} __attribute__((packed));

/* Any structure, its members as bytes. */
struct smbios_structure {
	SMBIOS_HEADER;
	__u8 data[];
} __attribute__((packed));

/* One of a structure's strings. */
struct smbios_string {
	char string[0];
};

/* Type 0, since 2.4. */
struct smbios_bios_information {
	SMBIOS_HEADER;
	__u8 vendor;
	__u8 bios_version;
	__u16 bios_starting_address_segment;
	__u8 bios_release_date;
	__u8 bios_rom_size;
	__u64 bios_characteristics;
	__u8 bios_characteristics_extension[2];
	__u8 system_bios_major_release;
	__u8 system_bios_minor_release;
	__u8 embedded_controller_firmware_major_release;
	__u8 embedded_controller_firmware_minor_release;
	__u8 more[];
} __attribute__((packed));

enum smbios_wake_up_type {
	WAKE_UP_RESERVED = 0,
	WAKE_UP_OTHER = 1,
	WAKE_UP_UNKNOWN = 2,
	WAKE_UP_APM_TIMER = 3,
	WAKE_UP_MODEM_RING = 4,
	WAKE_UP_LAN_REMOTE = 5,
	WAKE_UP_POWER_SWITCH = 6,
	WAKE_UP_PCI_PME = 7,
	WAKE_UP_AC_POWER_RESTORED = 8,
} __attribute__((packed));

/* Type 1, since 2.4. */
struct smbios_system_information {
	SMBIOS_HEADER;
	__u8 manufacturer;
	__u8 product_name;
	__u8 version;
	__u8 serial_number;
	__u8 uuid[16];
	enum smbios_wake_up_type wake_up_type;
	__u8 sku_number;
	__u8 family;
	__u8 more[];
} __attribute__((packed));

/* Type 2, as far as all have it. */
struct smbios_baseboard_information {
	SMBIOS_HEADER;
	__u8 manufacturer;
	__u8 product;
	__u8 version;
	__u8 serial_number;
	__u8 more[];
} __attribute__((packed));

/* Type 3, as far as all have it. */
struct smbios_system_enclosure {
	SMBIOS_HEADER;
	__u8 manufacturer;
	__u8 chassis_type:7;
	__u8 chassis_lock:1;
	__u8 version;
	__u8 serial_number;
	__u8 asset_tag_number;
	__u8 more[];
} __attribute__((packed));

/* Type 4, as far as all have it. */
struct smbios_processor_information {
	SMBIOS_HEADER;
	__u8 socket_designation;
	__u8 processor_type;
	__u8 processor_family;
	__u8 processor_manufacturer;
	__u64 processor_id;
	__u8 processor_version;
	__u8 voltage;
	__u16 external_clock;
	__u16 max_speed;
	__u16 current_speed;
	__u8 status;
	__u8 processor_upgrade;
	__u8 more[];
} __attribute__((packed));

/* Type 16, as far as all have it. */
struct smbios_physical_memory_array {
	SMBIOS_HEADER;
	__u8 location;
	__u8 use;
	__u8 memory_error_correction;
	__u32 maximum_capacity;
	__u16 memory_error_information_handle;
	__u16 number_of_memory_devices;
	__u8 more[];
} __attribute__((packed));

/* Type 17, as far as all have it. */
struct smbios_memory_device {
	SMBIOS_HEADER;
	__u16 physical_memory_array_handle;
	__u16 memory_error_information_handle;
	__u16 total_width;
	__u16 data_width;
	__u16 size;
	__u8 form_factor;
	__u8 device_set;
	__u8 device_locator;
	__u8 bank_locator;
	__u8 memory_type;
	__u16 type_detail;
	__u8 more[];
} __attribute__((packed));

/* Type 19, as far as all have it. */
struct smbios_memory_array_mapped_address {
	SMBIOS_HEADER;
	__u32 starting_address;
	__u32 ending_address;
	__u16 memory_array_handle;
	__u8 partition_width;
	__u8 more[];
} __attribute__((packed));

#endif
